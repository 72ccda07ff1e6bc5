import { afterEach, expect, it, vi } from 'vitest';
import { createLogger, Metrics } from '#telemetry';
import { type KeyWatch, startKeyWatch } from './key-watch.ts';

let watch: KeyWatch | undefined;
afterEach(() => watch?.close());

/** What is said to the recorder, and to the log. */
function startWatch(keysProblem: () => Promise<string | undefined>) {
  const said: string[] = [];
  const lines: string[] = [];
  const metrics = new Metrics();
  watch = startKeyWatch({
    worker: 'w1',
    keysProblem,
    metrics,
    recorder: {
      recordKeyOutage: async (worker, because, { goesOn }) =>
        void said.push(`${worker} ${goesOn ? 'still' : 'now'}: ${because}`),
      endKeyOutage: async (_, quietMs) => void said.push(`there, after ${quietMs}`),
    },
    log: createLogger({ level: 'info', format: 'line', write: (line) => void lines.push(line) }),
    lookEveryMs: 10,
    lookAgainMs: 5,
    quietMs: 7,
  });
  return { watch, said, lines, metrics };
}

const holds = (check: () => unknown) => vi.waitFor(check, { timeout: 5_000, interval: 5 });

it('hears of an outage while nobody needs a secret, and of its end', async () => {
  let problem: string | undefined = 'It is sealed.';
  const { watch, said, lines, metrics } = startWatch(async () => problem);
  await holds(() => expect(said.slice(0, 2)).toEqual(['w1 now: It is sealed.', 'w1 still: It is sealed.']));
  expect(watch.problem()).toBe('It is sealed.');
  expect(await metrics.render()).toContain('waybill_keys_away 1');
  problem = undefined;
  await holds(() => expect(said.at(-1)).toBe('there, after 7'));
  expect(watch.problem()).toBeUndefined();
  expect(await metrics.render()).toContain('waybill_keys_away 0');
  problem = 'It is sealed again.';
  await holds(() => expect(said.filter((line) => line.includes('now:'))).toHaveLength(2));
  expect(lines.filter((line) => line.includes('keys of secrets are away'))).toHaveLength(2);
  expect(lines.filter((line) => line.includes('keys of secrets are back'))).toHaveLength(1);
});

it('outlives a database that is away, and says so once', async () => {
  let down = true;
  let looks = 0;
  const { said, lines } = startWatch(async () => {
    looks++;
    if (down) throw new Error('no database');
    return undefined;
  });
  await holds(() => expect(looks).toBeGreaterThan(3));
  down = false;
  await holds(() => expect(said).toContain('there, after 7'));
  expect(lines.filter((line) => line.includes('failed; it is tried again'))).toHaveLength(1);
});

it('takes one look at a time, more of them while the keys are away, and none after its end', async () => {
  vi.useFakeTimers();
  try {
    let gate = Promise.withResolvers<string | undefined>();
    let looks = 0;
    const { watch } = startWatch(() => {
      looks++;
      return gate.promise;
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(looks).toBe(1);
    gate.resolve(undefined);
    await vi.advanceTimersByTimeAsync(100);
    expect(looks).toBe(11);
    gate = Promise.withResolvers();
    gate.resolve('It is sealed.');
    await vi.advanceTimersByTimeAsync(110);
    expect(looks).toBe(32);
    await watch.close();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(looks).toBe(32);
  } finally {
    vi.useRealTimers();
  }
});
