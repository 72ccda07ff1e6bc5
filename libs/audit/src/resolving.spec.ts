import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransferError } from '#domain';
import {
  LEASE_MS,
  NO_EVIDENCE,
  OPERATOR,
  type RecordedRuns,
  startRecordedRuns,
} from '../testing/recorded-runs.ts';
import type { Decision } from './resolving.ts';

let runs: RecordedRuns;

beforeAll(async () => {
  runs = await startRecordedRuns();
});
afterAll(() => runs.close());

const ARCHIVE = { afterDelivery: { source: 'archive', to: '/done' } } as const;
const decide = (transferId: string, decision: Decision['decision'], reason = 'the partner told us') =>
  runs.recorder.resolveTransfer(transferId, OPERATOR, { decision, reason });
const retryOf = async (runId: string) => {
  const run = await runs.store.db.run.findUniqueOrThrow({ where: { id: runId }, include: { route: true } });
  return (run.route.definition as unknown as { retry: Parameters<typeof runs.recorder.recordFailure>[2] })
    .retry;
};

async function until(met: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await met())) if (Date.now() > deadline) throw new Error('it did not come to that within 10 s');
}

async function inDoubt(changes: Parameters<typeof runs.aRoute>[0] = {}) {
  const route = await runs.aRoute(changes);
  const runId = await runs.planned(route, ['a']);
  const transferId = await runs.leaveInDoubt(runId);
  return { route, runId, transferId };
}

describe('a transfer in doubt, decided as delivered', () => {
  it('is delivered with its run where the route keeps the source', async () => {
    const { route, runId, transferId } = await inDoubt();
    expect(await decide(transferId, 'delivered')).toEqual({ ring: undefined });
    expect(await runs.transfer(transferId)).toMatchObject({
      state: 'delivered',
      deliveredAt: expect.any(Date),
      finishedAt: expect.any(Date),
      errorCode: null,
    });
    expect(await runs.runState(runId)).toBe('delivered');
    expect(await runs.incidents({ route })).toMatchObject([
      { state: 'resolved', resolvedBy: 'Ada', resolution: 'delivered: the partner told us' },
    ]);
  });

  it('goes on to the disposition of its source, as one whose delivery is committed', async () => {
    const { runId, transferId } = await inDoubt(ARCHIVE);
    expect(await decide(transferId, 'delivered')).toMatchObject({ ring: { id: runId, lanes: 1 } });
    expect(await runs.runState(runId)).toBe('running');
    const claimed = await runs.claimed(runId);
    expect(claimed.previous).toMatchObject({ publishIntended: true, delivered: true });
    await runs.recorder.recordDelivered(claimed.claim, NO_EVIDENCE);
    expect(await runs.runState(runId)).toBe('delivered');
  });

  it('says who decided and why, in the same breath as the delivery', async () => {
    const { transferId } = await inDoubt();
    await decide(transferId, 'delivered', 'seen at 02:14');
    const events = await runs.store.db.auditEvent.findMany({
      where: { transferId, actorName: 'Ada' },
      orderBy: { id: 'asc' },
    });
    expect(events.map(({ action }) => action)).toEqual([
      'transfer.resolved',
      'transfer.delivered',
      'incident.resolved',
    ]);
    expect(events[0]!.details).toMatchObject({
      decision: 'delivered',
      reason: 'seen at 02:14',
      heldBecause: 'delivery_in_doubt',
    });
  });
});

describe('a transfer decided to be sent again', () => {
  it('starts over: the intent is withdrawn, nothing of the earlier proof stays', async () => {
    const { runId, transferId } = await inDoubt();
    expect(await decide(transferId, 'resend')).toMatchObject({ ring: { id: runId } });
    const claimed = await runs.claimed(runId);
    expect(claimed.previous).toMatchObject({ publishIntended: false, sha256: null, delivered: false });
    expect(claimed.claim.attempt).toBe(2);
  });

  it('has all its tries again', async () => {
    const twice = { maxAttempts: 2, firstDelayMs: 1, factor: 1, maxDelayMs: 1, jitter: 0 };
    const { runId, transferId } = await inDoubt({ retry: twice });
    await decide(transferId, 'resend');
    const broken = new TransferError('connection_lost', { phase: 'stream' });
    const policy = await retryOf(runId);
    const fail = async () =>
      runs.recorder.recordFailure((await runs.claimed(runId)).claim, broken, policy, NO_EVIDENCE);
    expect(await fail()).toMatchObject({ kind: 'retry' });
    await runs.store.db.transfer.update({ where: { id: transferId }, data: { notBefore: new Date(0) } });
    expect(await fail()).toEqual({ kind: 'failed' });
  });

  it('has its crash budget again after a quarantine', async () => {
    const runId = await runs.planned(await runs.aRoute(), ['poison']);
    const transferId = await runs.quarantine(runId);
    await decide(transferId, 'resend', 'the worker was out of memory');
    for (let death = 0; death < 2; death++) {
      await runs.claimed(runId);
      await runs.store.db.transfer.update({ where: { id: transferId }, data: { leaseUntil: new Date(0) } });
    }
    await runs.claimed(runId);
    await runs.store.db.transfer.update({ where: { id: transferId }, data: { leaseUntil: new Date(0) } });
    expect(await runs.recorder.claimTransfer(runId, 'careful', LEASE_MS)).toBeUndefined();
    expect((await runs.transfer(transferId)).state).toBe('held');
  });

  it('runs again also where the run had been cancelled meanwhile', async () => {
    const runId = await runs.planned(await runs.aRoute(), ['a', 'b']);
    const transferId = await runs.leaveInDoubt(runId);
    await runs.recorder.cancelRun(runId, OPERATOR, 'not today');
    expect(await runs.runState(runId)).toBe('held');
    await decide(transferId, 'resend');
    expect((await runs.claimed(runId)).claim.transferId).toBe(transferId);
    const cancelled = await runs.store.db.transfer.count({ where: { runId, state: 'cancelled' } });
    expect(cancelled).toBe(1);
  });
});

describe('a transfer given up', () => {
  it('is failed, its version free for another run, and nobody is woken for it', async () => {
    const { route, runId, transferId } = await inDoubt();
    await decide(transferId, 'give_up', 'nobody needs it');
    expect(await runs.transfer(transferId)).toMatchObject({
      state: 'failed',
      errorCode: 'delivery_in_doubt',
      errorDetail: expect.stringContaining('Given up by Ada: nobody needs it'),
    });
    expect(await runs.runState(runId)).toBe('failed');
    expect(await runs.incidents({ route, state: 'open' })).toEqual([]);
    const next = await runs.planned(route, ['a']);
    expect((await runs.claimed(next)).version.path).toBe('/a');
  });

  it('stays delivered where only its source was left', async () => {
    const runId = await runs.planned(await runs.aRoute(ARCHIVE), ['a']);
    const transferId = await runs.leaveUndisposed(runId);
    await decide(transferId, 'give_up', 'they keep their files');
    expect((await runs.transfer(transferId)).state).toBe('delivered');
    expect(await runs.runState(runId)).toBe('delivered');
  });

  it('leaves the run held as long as another one of it is', async () => {
    const runId = await runs.planned(await runs.aRoute(), ['a', 'b']);
    const first = await runs.leaveInDoubt(runId);
    const second = await runs.leaveInDoubt(runId);
    await decide(first, 'give_up');
    expect(await runs.runState(runId)).toBe('held');
    await decide(second, 'give_up');
    expect(await runs.runState(runId)).toBe('failed');
  });
});

describe('a decision is refused', () => {
  it('as delivered where nothing proves what that would be', async () => {
    const transferId = await runs.quarantine(await runs.planned(await runs.aRoute(), ['a']));
    await expect(decide(transferId, 'delivered')).rejects.toMatchObject({
      code: 'decision_impossible',
      message: expect.stringContaining('Decide `resend` or `give_up`'),
    });
    expect((await runs.transfer(transferId)).state).toBe('held');
  });

  it('as resend where the file is at its destination', async () => {
    const transferId = await runs.leaveUndisposed(await runs.planned(await runs.aRoute(ARCHIVE), ['a']));
    await expect(decide(transferId, 'resend')).rejects.toMatchObject({
      code: 'decision_impossible',
      message: expect.stringContaining('is at its destination since'),
    });
  });

  it.each([
    ['delivered', async (runId: string) => runs.deliver(runId), 'nothing to decide'],
    ['failed', async (runId: string) => runs.fail(runId), 'waybill rerun'],
    ['under way', async (runId: string) => (await runs.claimed(runId)).claim.transferId, 'still under way'],
  ])('of a transfer that is %s, with what to do instead', async (_, bring, advice) => {
    const transferId = await bring(await runs.planned(await runs.aRoute(), ['a']));
    const before = await runs.transfer(transferId);
    await expect(decide(transferId, 'resend')).rejects.toMatchObject({
      code: 'transfer_not_held',
      message: expect.stringContaining(advice),
    });
    expect(await runs.transfer(transferId)).toEqual(before);
  });

  it('to all but one of ten who decide at once', async () => {
    const { transferId } = await inDoubt();
    const answers = await runs.store.transaction(async (tx) => {
      await tx.$queryRaw`SELECT id::text FROM transfer WHERE id = ${transferId}::uuid FOR UPDATE`;
      const asked = Array.from({ length: 10 }, (_, index) =>
        decide(transferId, index % 2 ? 'resend' : 'give_up').then(
          () => 'decided',
          (error: unknown) => (error as { code?: string }).code,
        ),
      );
      await until(async () => {
        const [row] = await runs.store.db.$queryRaw<{ waiting: bigint }[]>`
          SELECT count(*) AS waiting FROM pg_stat_activity WHERE wait_event_type = 'Lock'`;
        return row!.waiting >= 10n;
      });
      return { asked };
    });
    const said = await Promise.all(answers.asked);
    expect(said.toSorted()).toEqual(['decided', ...Array.from({ length: 9 }, () => 'transfer_not_held')]);
    const events = await runs.events('transfer.resolved');
    expect(events.filter(({ objectId }) => objectId === transferId)).toHaveLength(1);
  });

  it('of a transfer that does not exist', async () => {
    expect(await decide('0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11', 'resend')).toBeUndefined();
  });
});
