import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EVERYTHING, findTransfer, readUnderWay } from '#store';
import { type RecordedRuns, startRecordedRuns } from '../testing/recorded-runs.ts';
import type { TransferClaim } from './claims.ts';

let runs: RecordedRuns;
let runId: string;
let claim: TransferClaim;

beforeAll(async () => {
  runs = await startRecordedRuns();
});
afterAll(() => runs.close());
beforeEach(async () => {
  runId = await runs.planned(await runs.aRoute(), ['large.bin', 'waits.bin']);
  await runs.store.db.transfer.updateMany({ where: { runId }, data: { sourceSizeBytes: 1_000n } });
  ({ claim } = await runs.claimed(runId));
});

const tell = (streamedBytes: number, of: TransferClaim = claim) =>
  runs.recorder.recordProgress([{ claim: of, lane: 2, phase: 'stream', streamedBytes }]);
const underWay = () => readUnderWay(runs.store.db, { mostOfRun: 50, runId });
const shown = async () => (await findTransfer(runs.store.db, EVERYTHING, claim.transferId))!;

test('what the holder says is shown with its name, and is nothing any more when the file is delivered', async () => {
  expect(await shown()).toMatchObject({ worker: 'worker', progress: null });
  expect(await tell(400)).toBe(1);
  expect(await tell(700)).toBe(1);
  const told = { phase: 'stream', streamedBytes: 700n, lane: 2, at: expect.any(Date) };
  expect(await shown()).toMatchObject({ worker: 'worker', progress: told });
  expect(await underWay()).toMatchObject([
    { ...told, runId, transferId: claim.transferId, sizeBytes: 1_000n, worker: 'worker' },
  ]);
  await runs.store.db.transfer.update({
    where: { id: claim.transferId },
    data: { state: 'failed', finishedAt: new Date(), leaseOwner: null, leaseUntil: null },
  });
  expect(await shown()).toMatchObject({ worker: null, progress: null });
  expect(await underWay()).toEqual([]);
  expect(await tell(800)).toBe(0);
});

test('bytes that a file has grown by since it was listed are not counted', async () => {
  await tell(5_000);
  expect(await underWay()).toMatchObject([{ streamedBytes: 1_000n }]);
});

test('a worker that woke without its lease, or after another one has the file, changes nothing', async () => {
  await tell(400);
  await runs.store.db.transfer.update({ where: { id: claim.transferId }, data: { leaseUntil: new Date(0) } });
  expect(await tell(500)).toBe(0);
  expect([await underWay(), (await shown()).worker]).toEqual([[], null]);
  const { claim: next } = await runs.claimed(runId);
  expect(next).toMatchObject({ transferId: claim.transferId, fence: claim.fence + 1 });
  // What the first one said is not the second one's.
  expect(await underWay()).toEqual([]);
  expect(await tell(10, next)).toBe(1);
  expect(await tell(600)).toBe(0);
  expect(await tell(600, { ...next, worker: 'liar' })).toBe(0);
  expect(await underWay()).toMatchObject([{ streamedBytes: 10n }]);
});

test('a worker that says nothing for ten seconds is not believed, though its lease is long', async () => {
  await tell(400);
  await runs.store.db.$executeRaw`UPDATE transfer_progress SET at = at - interval '11 seconds'`;
  expect(await underWay()).toEqual([]);
  expect(await shown()).toMatchObject({ worker: 'worker', progress: null });
  await tell(401);
  expect(await underWay()).toMatchObject([{ streamedBytes: 401n }]);
});

test('what is a minute old goes with the next word of anybody; no log of the database grows by it', async () => {
  await tell(400);
  await runs.store.db.$executeRaw`UPDATE transfer_progress SET at = at - interval '61 seconds'`;
  const { claim: other } = await runs.claimed(runId);
  await tell(1, other);
  const rows = await runs.store.db.transferProgress.findMany({ select: { transferId: true } });
  expect(rows).toEqual([{ transferId: other.transferId }]);
  const [kept] = await runs.store.db.$queryRaw<{ kind: string }[]>`
    SELECT relpersistence::text AS kind FROM pg_class WHERE oid = 'transfer_progress'::regclass`;
  expect(kept).toEqual({ kind: 'u' });
});

test('of each run those are listed that were begun last, no more than asked for', async () => {
  await tell(1);
  const { claim: later } = await runs.claimed(runId);
  await tell(2, later);
  const listed = await readUnderWay(runs.store.db, { mostOfRun: 1 });
  expect(listed.filter((file) => file.runId === runId)).toMatchObject([{ transferId: later.transferId }]);
  expect((await underWay()).map(({ transferId }) => transferId)).toEqual([
    later.transferId,
    claim.transferId,
  ]);
});
