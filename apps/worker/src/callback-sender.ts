import type { CallbackClaim, RunRecorder } from '#audit';
import { TransferError } from '#domain';
import type { Egress } from '#egress';
import { isKeyOutage, resolveSecret, type SecretSources } from '#secrets';
import { EVERYTHING, findRun, type Store } from '#store';
import type { Logger } from '#telemetry';
import { callbackBody, signedHeaders } from './callback-message.ts';
import { type CallbackOutcome, postCallback } from './post-callback.ts';

const LOOK_EVERY_MS = 1_000;
/** Longer than any try. */
const LEASE_MS = 60_000;
/** At once. */
const MOST_AT_ONCE = 20;
/** For one receiver: a slow one holds up its own messages. */
const MOST_OF_ONE = 4;
/** Of one who asked for runs: the names of receivers are his choice, and a thousand of them may be one slow one. */
const MOST_OF_ASKER = 10;
/** Before a message whose secret cannot be opened now is looked at again. */
const KEYS_WAIT_MS = 30_000;

export interface CallbackParts {
  worker: string;
  store: Store;
  recorder: RunRecorder;
  secrets: SecretSources;
  egress: Pick<Egress, 'checkHost'>;
  log: Logger;
  /** Default 1,000. */
  lookEveryMs?: number | undefined;
}

export interface CallbackSender {
  /** Begins nothing new; what is under way is broken off, and tried again by another worker. */
  close(): Promise<void>;
}

/** Tells those who asked for it how their runs have ended. When, and how often, stands in the database. */
export function startCallbackSender(parts: CallbackParts): CallbackSender {
  const { recorder, worker, log } = parts;
  const stopping = new AbortController();
  const underWay = new Set<{ receiver: string; asker: string; told: Promise<void> }>();
  let looking: Promise<void> | undefined;
  let again = false;
  let silent = false;
  const begin = (claim: CallbackClaim): void => {
    const told = tell(parts, claim, stopping.signal)
      // Its lease ends, and somebody tries again.
      .catch((error: unknown) =>
        log.warn({ err: error, runId: claim.runId }, 'a try to tell the end of a run was not recorded'),
      )
      .finally(() => {
        underWay.delete(one);
        look();
      });
    const one = { receiver: claim.receiver, asker: claim.asker, told };
    underWay.add(one);
  };
  const fillPlaces = async (): Promise<void> => {
    const most = MOST_AT_ONCE - underWay.size;
    if (most === 0) return;
    const claims = await recorder.claimCallbacks(worker, {
      leaseMs: LEASE_MS,
      most,
      mostOfOne: MOST_OF_ONE,
      mostOfAsker: MOST_OF_ASKER,
      underWay: [...underWay],
    });
    silent = false;
    for (const claim of claims) begin(claim);
  };
  /** Every second, and whenever a place is free again. */
  const look = (): void => {
    if (stopping.signal.aborted) return;
    again = looking !== undefined;
    looking ??= fillPlaces()
      .catch((error: unknown) => {
        if (!silent) log.warn({ err: error }, 'looking for call-backs failed');
        silent = true;
      })
      .finally(() => {
        looking = undefined;
        if (again) look();
      });
  };
  const timer = setInterval(look, parts.lookEveryMs ?? LOOK_EVERY_MS);
  return {
    async close() {
      clearInterval(timer);
      stopping.abort();
      await looking;
      await Promise.all([...underWay].map(({ told }) => told));
    },
  };
}

async function tell(parts: CallbackParts, claim: CallbackClaim, stopping: AbortSignal): Promise<void> {
  const { recorder, log } = parts;
  const tried = await tryOnce(parts, claim, stopping);
  if ('keysAway' in tried) {
    log.warn(
      { runId: claim.runId, reason: tried.keysAway },
      'the end of a run waits for the keys of secrets',
    );
    return recorder.postponeCallback(claim, tried.keysAway, KEYS_WAIT_MS);
  }
  // Broken off by us: that says nothing about the receiver.
  if (stopping.aborted && tried.status === null) return;
  const outcome = await recorder.recordCallback(claim, tried);
  const said = { runId: claim.runId, attempt: claim.attempts, status: tried.status, outcome };
  if (outcome === 'delivered') log.debug(said, 'the end of a run was told');
  else log.warn({ ...said, reason: tried.reason ?? tried.error }, 'the end of a run could not be told');
}

async function tryOnce(
  { store, secrets, egress }: CallbackParts,
  { runId, url, secret, messageId, publicOnly }: CallbackClaim,
  stopping: AbortSignal,
): Promise<CallbackOutcome | { keysAway: string }> {
  try {
    const run = await findRun(store.db, EVERYTHING, runId);
    if (!run) return { status: null, error: 'run_gone' };
    const key = await resolveSecret({ secret }, secrets);
    const body = callbackBody(run);
    const headers = signedHeaders(key.reveal(), { messageId, body, at: new Date() });
    return await postCallback(egress, { url, headers, body, publicOnly }, stopping);
  } catch (thrown) {
    if (isKeyOutage(thrown)) return { keysAway: (thrown.cause as Error).message };
    if (thrown instanceof TransferError)
      return { status: null, error: 'secret', reason: thrown.detail ?? thrown.sentence };
    throw thrown;
  }
}
