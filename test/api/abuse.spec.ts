import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withKey } from './support/plan-call.ts';
import { Sender, type Sent } from './support/send.ts';
import { startWorld, type World } from './support/world.ts';

/** P8: what others may notice of it. */
const P95_MS = 300;
/** For how long one asks beside the abuse; longer: WAYBILL_ABUSE_MS=60000. */
const ABUSE_MS = Number(process.env['WAYBILL_ABUSE_MS'] ?? 3_000);
/**
 * What the same takes without the abuse, where nothing else is to be done. A machine that is slower at that by some factor just
 * now, as this one is while other suites run, is so beside the abuse too.
 */
const QUIET_P95_MS = 10;
const ROUNDS = 3;

const RATES = { perIdentity: { perSecond: 30, burst: 60 }, perAddress: { perSecond: 5, burst: 20 } };
/** Those who share what one address may ask. */
const STRANGERS = ['guesses of keys', 'guesses of passwords', 'no identity'];

let world: World;
beforeAll(async () => {
  world = await startWorld({ rates: RATES });
});
afterAll(() => world?.close());

const TRIGGER = '/api/v1/routes/alpha-in/runs';
const json = { 'content-type': 'application/json' };
const keyOf = (name: string) => world.cells.find(({ role, scope }) => `${role}-${scope}` === name)!.key;

/** Everything at once, as fast as it is answered. */
function abuses(): [string, Sent][] {
  const wild = keyOf('operator-all');
  return [
    ['guesses of keys', withKey({ method: 'GET', path: '/api/v1/runs' }, `wbk_${'A'.repeat(43)}`)],
    ['guesses of passwords', post('/api/v1/sign-in', JSON.stringify({ name: 'admin', password: 'guess' }))],
    ['no identity', { method: 'GET', path: '/api/v1/transfers?limit=200' }],
    ['bodies that are too long', withKey(post(TRIGGER, `{"a":"${'x'.repeat(1_100_000)}"}`), wild)],
    [
      'bodies that are too deep',
      withKey(post(TRIGGER, `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`), wild),
    ],
    [
      'the longest pages',
      withKey({ method: 'GET', path: '/api/v1/audit/events?limit=200' }, keyOf('auditor-all')),
    ],
    ['runs without end', withKey(post(TRIGGER, '{}'), wild)],
  ];
}

function post(path: string, body: string): Sent {
  return { method: 'POST', path, headers: json, body };
}

/** Somebody who goes about his business, and is known at this address. */
const calm = () => withKey({ method: 'GET', path: '/api/v1/runs?limit=20' }, keyOf('viewer-all'));

async function besideAbuse(): Promise<{
  p95Ms: number;
  seconds: number;
  statuses: Record<string, number[]>;
}> {
  const senders = Array.from({ length: 3 }, () => new Sender(world.api.url));
  const statuses = Object.fromEntries(abuses().map(([name]) => [name, [] as number[]]));
  const began = performance.now();
  let over = false;
  const attackers = senders.flatMap((sender) =>
    abuses().map(async ([name, call]) => {
      while (!over) {
        const { status } = await sender.send(call).catch(() => ({ status: 0 }));
        statuses[name]!.push(status);
      }
    }),
  );
  const p95Ms = await askCalmly();
  over = true;
  await Promise.all(attackers);
  for (const sender of senders) sender.close();
  return { p95Ms, seconds: (performance.now() - began) / 1_000, statuses };
}

/** What the 95th of a hundred such requests takes. */
async function askCalmly(): Promise<number> {
  const own = new Sender(world.api.url);
  const times: number[] = [];
  const end = performance.now() + ABUSE_MS;
  while (performance.now() < end) {
    const began = performance.now();
    expect((await own.send(calm())).status).toBe(200);
    times.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  own.close();
  times.sort((one, other) => one - other);
  return times[Math.floor(times.length * 0.95)]!;
}

describe('somebody who abuses the api (P8)', () => {
  it(`is turned away, and others have their answers within ${P95_MS} ms (p95)`, async () => {
    const figures: number[] = [];
    expect((await world.sender.send(calm())).status).toBe(200);
    for (let round = 0; round < ROUNDS; round++) {
      const withoutMs = await askCalmly();
      const { p95Ms, seconds, statuses } = await besideAbuse();
      for (const [name, seen] of Object.entries(statuses)) {
        expect(
          seen.filter((status) => status >= 500),
          name,
        ).toEqual([]);
        expect(seen.length, name).toBeGreaterThan(0);
      }
      // However fast they ask, what is done for them is what the rates say.
      const letIn = (names: string[]) =>
        names.flatMap((name) => statuses[name]!).filter((status) => status !== 429 && status !== 0).length;
      expect(letIn(STRANGERS)).toBeLessThanOrEqual(
        1.2 * (RATES.perAddress.burst + RATES.perAddress.perSecond * seconds),
      );
      expect(letIn(['runs without end'])).toBeLessThanOrEqual(
        1.2 * (RATES.perIdentity.burst + RATES.perIdentity.perSecond * seconds),
      );
      figures.push(p95Ms / Math.max(1, withoutMs / QUIET_P95_MS));
      if (figures.at(-1)! <= P95_MS) break;
    }
    expect(Math.min(...figures), figures.join(', ')).toBeLessThanOrEqual(P95_MS);
  }, 120_000);

  it('has locked nobody out: who knows his password is let in from where he has been before', async () => {
    const made = JSON.parse(
      (
        await world.sender.send(
          withKey(post('/api/v1/users', JSON.stringify({ name: 'calm', role: 'viewer' })), world.fuzzer),
        )
      ).text,
    ) as { password: string };
    const signIn = (password: string) =>
      world.sender.send(post('/api/v1/sign-in', JSON.stringify({ name: 'calm', password })));
    // The address has to calm down first; the name was never held against anybody.
    await expect
      .poll(async () => (await signIn(made.password)).status, { timeout: 60_000, interval: 500 })
      .toBe(200);
  }, 90_000);
});
