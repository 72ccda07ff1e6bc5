import type { RunAssignment, RunRecorder } from '#audit';
import type { RetryPolicy } from '#domain';
import { isKeyOutage, type SecretSources } from '#secrets';
import type { Logger } from '#telemetry';
import { demandSecrets } from './open-session.ts';

/** Before the keys of secrets are asked for again; the sweep rings then. */
const KEYS_WAIT_MS = 5_000;

interface KeyContext {
  /** Looked at before anything is claimed; absent: nothing is. */
  secrets?: SecretSources | undefined;
  recorder: RunRecorder;
  worker: string;
}

/**
 * While the keys are away nothing is claimed and nothing is counted as an attempt: the run waits, and says why. Lanes that
 * are logged in go on; a further lane of theirs just ends.
 */
export async function canOpenSecrets(
  { secrets, recorder, worker }: KeyContext,
  { runId, source, destination, waitsForKeys }: RunAssignment,
  lane: number,
  log: Logger,
): Promise<boolean> {
  if (!secrets) return true;
  try {
    await Promise.all([source, destination].map((endpoint) => demandSecrets(endpoint, secrets)));
  } catch (error) {
    // What else is wrong with a secret is a failure of the attempt that needs it.
    if (!isKeyOutage(error)) return true;
    log.warn({ err: error, code: error.code, lane }, 'the keys of its secrets are away; the run waits');
    if (lane === 0) await recorder.waitForKeys(runId, worker, error, KEYS_WAIT_MS);
    return false;
  }
  if (waitsForKeys) await recorder.endKeyWait(runId, worker);
  return true;
}

/** An outage of the keys is no fault of the file, and does not use up its attempts. */
export function policyWhileKeysAreAway(policy: RetryPolicy): RetryPolicy {
  return { ...policy, maxAttempts: Number.MAX_SAFE_INTEGER };
}
