import type { CallbackClaim, CallbackTry, RunRecorder } from '#audit';
import { TransferError } from '#domain';
import type { Egress } from '#egress';
import { isKeyOutage, resolveSecret, type SecretSources } from '#secrets';
import { EVERYTHING, findRun, type Store } from '#store';
import type { Logger } from '#telemetry';
import { callbackBody, signedHeaders } from './callback-message.ts';
import { postCallback } from './post-callback.ts';

const LOOK_EVERY_MS = 1_000;
/** Longer than any try. */
const LEASE_MS = 60_000;
/** At once; receivers that are slow hold up nobody but these. */
const MOST_AT_ONCE = 20;
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
  let working: Promise<void> | undefined;
  let silent = false;
  const look = async (): Promise<void> => {
    for (;;) {
      const claims = await recorder.claimCallbacks(worker, LEASE_MS, MOST_AT_ONCE);
      silent = false;
      await Promise.all(claims.map((claim) => tell(parts, claim, stopping.signal)));
      if (claims.length < MOST_AT_ONCE || stopping.signal.aborted) return;
    }
  };
  const timer = setInterval(() => {
    working ??= look()
      .catch((error: unknown) => {
        if (!silent) log.warn({ err: error }, 'looking for call-backs failed');
        silent = true;
      })
      .finally(() => {
        working = undefined;
      });
  }, parts.lookEveryMs ?? LOOK_EVERY_MS);
  return {
    async close() {
      clearInterval(timer);
      stopping.abort();
      await working;
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
  else log.warn({ ...said, reason: tried.error }, 'the end of a run could not be told');
}

async function tryOnce(
  { store, secrets, egress }: CallbackParts,
  { runId, url, secret, messageId }: CallbackClaim,
  stopping: AbortSignal,
): Promise<CallbackTry | { keysAway: string }> {
  try {
    const run = await findRun(store.db, EVERYTHING, runId);
    if (!run) return { status: null, error: 'the run is gone' };
    const key = await resolveSecret({ secret }, secrets);
    const body = callbackBody(run);
    const headers = signedHeaders(key.reveal(), { messageId, body, at: new Date() });
    return await postCallback(egress, { url, headers, body }, stopping);
  } catch (thrown) {
    if (isKeyOutage(thrown)) return { keysAway: (thrown.cause as Error).message };
    if (thrown instanceof TransferError) return { status: null, error: thrown.detail ?? thrown.sentence };
    throw thrown;
  }
}
