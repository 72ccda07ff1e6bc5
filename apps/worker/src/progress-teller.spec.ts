import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ProgressReport, TransferClaim } from '#audit';
import { createLogger } from '#telemetry';
import { ProgressTeller } from './progress-teller.ts';

const claim = (transferId: string): TransferClaim => ({
  ...{
    transferId,
    runId: 'run',
    attemptId: `attempt of ${transferId}`,
    attempt: 1,
    worker: 'worker',
    fence: 1,
  },
});

let said: ProgressReport[][];
let answer: () => Promise<number>;
let held: boolean;
let teller: ProgressTeller;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  answer = async () => 1;
  held = true;
  const recordProgress = (reports: readonly ProgressReport[]) => {
    said.push([...reports]);
    return answer();
  };
  teller = new ProgressTeller(
    { recordProgress },
    createLogger({ level: 'error', format: 'line', write: () => 0 }),
  );
  teller.start();
});
afterEach(() => {
  teller.stop();
  vi.useRealTimers();
});

function begin(name: string) {
  const lease = { signal: new AbortController().signal, stillHeld: () => held, release: () => undefined };
  return teller.begin(claim(name), 0, lease);
}
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);

it('says of all files at once how far they are, each second while they move', async () => {
  const [one, other] = [begin('one'), begin('other')];
  one.phase = 'stream';
  for (let second = 1; second <= 3; second++) {
    one.streamedBytes += 100;
    other.streamedBytes += 10;
    await seconds(1);
  }
  expect(said.map((reports) => reports.map(({ phase, streamedBytes }) => [phase, streamedBytes]))).toEqual([
    [
      ['stream', 100],
      ['connect', 10],
    ],
    [
      ['stream', 200],
      ['connect', 20],
    ],
    [
      ['stream', 300],
      ['connect', 30],
    ],
  ]);
});

it('says nothing of a file in its first second, nor of one that is over', async () => {
  await vi.advanceTimersByTimeAsync(500);
  for (let file = 0; file < 10; file++) {
    const small = begin(`${file}`);
    small.streamedBytes = 10;
    await vi.advanceTimersByTimeAsync(700);
    small.end();
  }
  await seconds(5);
  expect(said).toEqual([]);
});

it('says of a file that is stuck every third second that it is still there', async () => {
  begin('stuck');
  await seconds(10);
  expect(said.length).toBe(4);
});

it('says nothing while others may have the file', async () => {
  begin('lost').streamedBytes = 5;
  held = false;
  await seconds(5);
  expect(said).toEqual([]);
});

it('asks one thing at a time, and again after a failure', async () => {
  const { promise, reject } = Promise.withResolvers<number>();
  answer = () => promise;
  begin('one').streamedBytes = 5;
  await seconds(4);
  expect(said.length).toBe(1);
  answer = async () => 1;
  reject(new Error('the database is away'));
  await seconds(1);
  expect(said.length).toBe(2);
});
