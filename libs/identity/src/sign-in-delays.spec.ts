import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IdentityBench, openIdentityBench, PASSWORD, settleUser } from '../testing/index.ts';
import { signIn } from './index.ts';
import { addressGroup, countTry, forgiveTry } from './sign-in-delays.ts';

let bench: IdentityBench;
beforeAll(async () => {
  bench = await openIdentityBench();
});
afterAll(() => bench.close());

/** `undefined` when it was let through. */
async function tryOnce(name: string, address: string, known = false): Promise<number | undefined> {
  return bench.store
    .transaction((tx) => countTry(tx, bench.keys, { name, address, known }))
    .then(
      () => undefined,
      (error: { retryAfterSeconds: number }) => error.retryAfterSeconds,
    );
}

describe('guesses', () => {
  it('wait twice as long each time after the third', async () => {
    const waits: (number | undefined)[] = [];
    for (let round = 0; round < 8; round++) {
      waits.push(await tryOnce('anna', '192.0.2.1'));
      waits.push(await tryOnce('anna', '192.0.2.1'));
      await bench.store.db.$executeRaw`UPDATE sign_in_delay SET not_before = clock_timestamp()`;
    }
    // Let through, and the wait of the next one: pairs of rounds.
    expect(waits).toEqual([
      ...[undefined, undefined, undefined, undefined],
      ...[undefined, 2, undefined, 4, undefined, 8, undefined, 16, undefined, 32, undefined, 64],
    ]);
  });

  it('are counted one by one when a hundred come at once', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => tryOnce('bert', '192.0.2.2')));
    expect(all.filter((wait) => wait === undefined)).toHaveLength(4);
  });

  it('of many names from one address are slowed down, and leave few rows', async () => {
    const all: (number | undefined)[] = [];
    for (let round = 0; round < 40; round++) all.push(await tryOnce(`name-${round}`, '192.0.2.3'));
    expect(all.slice(0, 20)).toEqual(Array(20).fill(undefined));
    expect(all.slice(22)).not.toContain(undefined);
    // A refused one leaves no row for its name.
    expect(await bench.store.db.signInDelay.count()).toBeLessThan(60);
  });

  it('of one name from many addresses never keep out who has been there before', async () => {
    const { person } = await settleUser(bench, { name: 'carl' });
    for (let round = 0; round < 40; round++) await tryOnce('carl', `198.51.100.${round}`);
    expect(await tryOnce('carl', '203.0.113.1')).toBeGreaterThan(0);
    expect(await tryOnce('carl', '203.0.113.1')).toBeLessThanOrEqual(8);
    const again = await signIn(bench.store, bench.keys, {
      name: 'carl',
      password: PASSWORD,
      address: '192.0.2.1',
      client: 'spec',
    });
    expect(again.sessionId).not.toBe(person.session.id);
  });

  it('begin anew after a sign-in, or after an hour', async () => {
    const wanted = { name: 'dora', address: '192.0.2.5', known: false };
    for (let round = 0; round < 4; round++) await tryOnce('dora', '192.0.2.5');
    await bench.store.transaction((tx) => forgiveTry(tx, bench.keys, wanted));
    for (let round = 0; round < 4; round++) expect(await tryOnce('dora', '192.0.2.5')).toBeUndefined();
    expect(await tryOnce('dora', '192.0.2.5')).toBeGreaterThan(0);
    await bench.store.db.$executeRaw`
      UPDATE sign_in_delay SET not_before = clock_timestamp(), last_at = clock_timestamp() - interval '61 minutes'`;
    for (let round = 0; round < 4; round++) expect(await tryOnce('dora', '192.0.2.5')).toBeUndefined();
  });
});

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:DB8:1:2::9', '2001:db8:1:2'],
  ['2001:db8::9', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('%s belongs to %s', (address, group) => {
  expect(addressGroup(address)).toBe(group);
});
