import { type ClaimedTransfer } from '#audit';
import type { MemoryLedger } from '#audit/testing';
import { type RetryPolicy, TransferError } from '#domain';
import { isFollowedByAStepThatStays, observed } from '../../apps/worker/src/recording-facts.ts';
import { moveFile } from '../../libs/transfer/src/move-file.ts';
import type { MoveFact, MoveOrder } from '../../libs/transfer/src/order.ts';
import { removeLeftovers } from '../../libs/transfer/src/reconcile.ts';
import type { Checker } from './checker.ts';
import type { Setting } from './scenario.ts';
import type { ModelWorker } from './worker.ts';

export const NO_EVIDENCE = { sourceSessionId: null, destinationSessionId: null, transcript: null };
export const ARCHIVE = '/done';

export interface LaneWork {
  worker: ModelWorker;
  ledger: MemoryLedger;
  setting: Setting;
  retry: RetryPolicy;
  checker: Checker;
  nowMs(): number;
  claimNext(): Promise<ClaimedTransfer | undefined>;
}

/** One file, as `#moveOne` of apps/worker/src/run-lane.ts moves it: the real engine, and its facts committed in the same order. */
export async function moveNext(work: LaneWork): Promise<void> {
  const { worker, ledger, setting, retry } = work;
  const askedAtMs = work.nowMs();
  const claimed = await worker.commit(work.claimNext);
  if (!claimed) return;
  worker.begin(claimed, askedAtMs);
  const { signal } = worker.lost;
  const { claim } = claimed;
  const order = { ...orderFor(claimed, setting), stillHeld: () => worker.holdsLease(work.nowMs()) };
  let connected = false;
  let unintended: string | undefined;
  const recorded: Promise<void>[] = [];
  try {
    const source = worker.session('source');
    const destination = worker.session('destination');
    connected = true;
    for await (const fact of moveFile(order, source, destination, signal)) {
      if (fact.kind === 'streaming') {
        if (!order.stillHeld()) throw new TransferError('lease_lost', { phase: 'stream' });
        unintended = fact.temporaryPath;
      }
      recorded.push(observed(worker.submit(() => recordFact(work, claimed, fact))));
      if (!isFollowedByAStepThatStays(fact)) continue;
      const before = unintended;
      // From here on the file is the proof of what became of the intent.
      if (fact.kind === 'publish_intended') unintended = undefined;
      await worker.flush();
      await Promise.all(recorded.splice(0)).catch((refusal: unknown) => {
        if (refusal instanceof TransferError) unintended = before;
        throw refusal;
      });
    }
    recorded.push(observed(worker.submit(() => ledger.recordDelivered(claim, NO_EVIDENCE))));
    await worker.flush();
    await Promise.all(recorded);
  } catch (thrown) {
    const error = TransferError.from(thrown, 'stream');
    const outcome = await worker.commit(() => ledger.recordFailure(claim, error, retry, NO_EVIDENCE));
    const signal = new AbortController().signal;
    if (outcome.kind === 'failed' && connected)
      await quietly(removeLeftovers(order, worker.session('destination'), signal));
    const open = worker.openSession('destination');
    if (outcome.kind === 'lost' && unintended !== undefined && open)
      await quietly(open.remove(unintended, signal));
  } finally {
    worker.claimed = undefined;
  }
}

async function recordFact(
  { ledger, checker }: LaneWork,
  claimed: ClaimedTransfer,
  fact: MoveFact,
): Promise<void> {
  // Its changes are made when it returns; only what it promises comes later.
  const recorded = ledger.recordFact(claimed.claim, fact);
  if (fact.kind === 'publish_intended')
    recorded.then(
      () => checker.intended(claimed),
      () => undefined,
    );
  return recorded;
}

async function quietly(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
  }
}

function orderFor(
  { claim, version, destinationPath, previous }: ClaimedTransfer,
  setting: Setting,
): MoveOrder {
  return {
    transferId: claim.transferId,
    fence: claim.fence,
    version,
    destinationPath,
    onExisting: setting.onExisting,
    onAmbiguous: setting.onAmbiguous,
    minimumAssurance: setting.minimum,
    resume: setting.resume,
    keepModified: false,
    afterDelivery: { source: setting.dispose, ...(setting.dispose === 'archive' ? { to: ARCHIVE } : {}) },
    previous,
  };
}
