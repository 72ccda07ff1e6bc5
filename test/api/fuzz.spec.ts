import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listOperations, PROBLEMS, problemSchema } from '#contract';
import { callsOf } from './support/hostile-calls.ts';
import { type Described, describeOperation, exampleCall, withKey } from './support/plan-call.ts';
import type { Reply, Sent } from './support/send.ts';
import { startWorld, type World } from './support/world.ts';

/** `WAYBILL_FUZZ_CALLS` and `WAYBILL_FUZZ_SEED`: more of them, or others. */
const CALLS = Number(process.env['WAYBILL_FUZZ_CALLS'] ?? 5_000);
const SEED = Number(process.env['WAYBILL_FUZZ_SEED'] ?? 20261121);

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());

const all = listOperations().map(({ id, operation }) => describeOperation(id, operation));
/** Slow on purpose, for each single one. */
const HASHES_PASSWORDS = /^\/(users|sign-in|session|me)/;
/** Bodies have the most ways to be wrong. */
const weightOf = ({ operation, body, parameters }: Described) =>
  HASHES_PASSWORDS.test(operation.path) ? 0.5 : (body ? 6 : 0) + (parameters.length > 0 ? 2 : 0.25);
const whole = all.reduce((sum, one) => sum + weightOf(one), 0);
/** A little is added where shares are rounded down. */
const shareOf = (described: Described) => Math.ceil((CALLS * weightOf(described)) / whole);

let sent = 0;
/** Refused for how they are written. The rest came as far as a handler. */
const SPELLING: readonly number[] = [400, 413, 415, 431];

/** What an answer would show of our insides, if it did. */
const INSIDES =
  /node_modules|\.ts:\d+|\bat \w+ \(|prisma|\bSELECT\b|postgres(ql)?:\/\/|\bpg_\w+|wbk_[\w-]{43}/;

function check({ statuses, operation, id }: Described, call: Sent, reply: Reply): void {
  const shown = `${call.method} ${call.path.slice(0, 300)} ${String(call.body).slice(0, 300)} -> ${reply.status} ${reply.text.slice(0, 500)}`;
  if (operation.path !== '/health/ready') expect(reply.status, shown).toBeLessThan(500);
  // The gate refuses an address before anybody knows which operation it would have been.
  expect([...statuses, 404, 405], shown).toContain(reply.status);
  if (reply.status >= 400) {
    expect(reply.headers['content-type'], shown).toMatch(/^application\/problem\+json/);
    const problem = problemSchema.parse(JSON.parse(reply.text));
    expect(PROBLEMS[problem.code].status, shown).toBe(reply.status);
    expect(reply.text, shown).not.toMatch(INSIDES);
    return;
  }
  const { success } = operation;
  expect(reply.status, shown).toBe(success.status);
  if ('schema' in success)
    expect(success.schema.safeParse(JSON.parse(reply.text)).error, `${id} ${shown}`).toBeUndefined();
}

describe('whatever is sent', () => {
  it.each(all)('to $id is answered as the document says, and never with a 5xx', async (described) => {
    const seen = new Map<number, number>();
    const example = await world.sender.send(withKey(exampleCall(described, world, 'alpha'), world.fuzzer));
    seen.set(example.status, 1);
    await fc.assert(
      fc.asyncProperty(callsOf(described, world), async (call) => {
        const reply = await world.sender.send(withKey(call, world.fuzzer));
        sent++;
        seen.set(reply.status, (seen.get(reply.status) ?? 0) + 1);
        check(described, call, reply);
      }),
      { numRuns: shareOf(described), seed: SEED, endOnFailure: true },
    );
    await world.restore();
    const handled = [...seen].filter(([status]) => !SPELLING.includes(status));
    expect(handled, `${described.id}: nothing came as far as its handler; ${example.text}`).not.toEqual([]);
  });

  it('changed nothing that all objects share, and the api still answers', async () => {
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(sent).toBeGreaterThanOrEqual(CALLS);
    const call = { method: 'GET', path: '/api/v1/runs' };
    expect((await world.sender.send(withKey(call, world.fuzzer))).status).toBe(200);
  });
});
