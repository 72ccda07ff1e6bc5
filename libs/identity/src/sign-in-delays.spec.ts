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
    const waits: number[] = [];
    for (let round = 0; round < 8; round++) {
      expect(await tryOnce('anna', '192.0.2.1')).toBeUndefined();
      const [row] = await bench.store.db.$queryRaw<{ seconds: number }[]>`
        SELECT round(extract(epoch FROM not_before - last_at))::int AS seconds FROM sign_in_delay
         WHERE key LIKE 'pair:%'`;
      waits.push(row!.seconds);
      await bench.store.db.$executeRaw`UPDATE sign_in_delay SET not_before = clock_timestamp()`;
    }
    expect(waits).toEqual([0, 0, 0, 1, 2, 4, 8, 16]);
  });

  it('are counted one by one when a hundred come at once', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => tryOnce('bert', '192.0.2.2')));
    const admitted = all.filter((wait) => wait === undefined).length;
    expect(admitted).toBeGreaterThanOrEqual(4);
    // On a slow machine the waits of 1 and 2 s may be over meanwhile.
    expect(admitted).toBeLessThanOrEqual(6);
  });

  it('of many names from one address are slowed down, and leave few rows', async () => {
    const all: (number | undefined)[] = [];
    for (let round = 0; round < 40; round++) all.push(await tryOnce(`name-${round}`, '192.0.2.3'));
    expect(all.slice(0, 20)).toEqual(Array(20).fill(undefined));
    expect(all.filter((wait) => wait === undefined).length).toBeLessThanOrEqual(25);
    // A refused one leaves no row for its name.
    expect(await bench.store.db.signInDelay.count()).toBeLessThan(60);
  });

  it('of one name from many addresses never keep out who has been there before', async () => {
    const { person } = await settleUser(bench, { name: 'carl' });
    for (let round = 0; round < 40; round++) await tryOnce('carl', `198.51.100.${round}`);
    const strangers = await Promise.all([1, 2, 3].map((place) => tryOnce('carl', `203.0.113.${place}`)));
    const waits = strangers.filter((wait) => wait !== undefined);
    expect(waits.length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...waits)).toBeLessThanOrEqual(8);
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
    const more = await Promise.all([tryOnce('dora', '192.0.2.5'), tryOnce('dora', '192.0.2.5')]);
    expect(more.some((wait) => wait !== undefined)).toBe(true);
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
