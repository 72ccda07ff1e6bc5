import type { RunRecorder } from '#audit';
import type { Logger, Metrics } from '#telemetry';

const LOOK_EVERY_MS = 15_000;
/** While they are away, and until the outage can be called over: what waits is looked at as often. */
const LOOK_AGAIN_MS = 5_000;
/** Several looks: another worker that does not reach the keys has said so again by then. */
const QUIET_MS = 60_000;

export interface KeyWatchParts {
  worker: string;
  /** What keeps secrets from being opened now; undefined: nothing does. */
  keysProblem(): Promise<string | undefined>;
  recorder: Pick<RunRecorder, 'recordKeyOutage' | 'endKeyOutage'>;
  log: Logger;
  metrics: Metrics;
  lookEveryMs?: number | undefined;
  lookAgainMs?: number | undefined;
  quietMs?: number | undefined;
}

export interface KeyWatch {
  /** As of the last look, for health. */
  problem(): string | undefined;
  close(): Promise<void>;
}

/**
 * Looks whether the keys of secrets can be had, also while nobody needs one: a person should hear of an outage before the
 * night's runs do, and of its end without one.
 */
export function startKeyWatch(parts: KeyWatchParts): KeyWatch {
  const { worker, recorder, log, metrics } = parts;
  let problem: string | undefined;
  let silent = false;
  const { quietMs = QUIET_MS } = parts;
  let calmAtMs = Number.NEGATIVE_INFINITY;
  const look = async (): Promise<void> => {
    const before = problem;
    problem = await parts.keysProblem();
    metrics.keysAway.set(problem === undefined ? 0 : 1);
    if (problem !== undefined) {
      calmAtMs = performance.now() + 2 * quietMs;
      if (before === undefined) log.warn({ reason: problem }, 'the keys of secrets are away');
      await recorder.recordKeyOutage(worker, problem, { goesOn: before !== undefined });
    } else {
      if (before !== undefined) log.info('the keys of secrets are back');
      await recorder.endKeyOutage(worker, quietMs);
    }
    silent = false;
  };
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const keepLooking = async (): Promise<void> => {
    await look().catch((error: unknown) => {
      if (!silent) log.warn({ err: error }, 'looking after the keys of secrets failed; it is tried again');
      silent = true;
    });
    if (closed) return;
    const pauseMs =
      performance.now() < calmAtMs
        ? (parts.lookAgainMs ?? LOOK_AGAIN_MS)
        : (parts.lookEveryMs ?? LOOK_EVERY_MS);
    timer = setTimeout(() => {
      looking = keepLooking();
    }, pauseMs);
  };
  let looking = keepLooking();
  return {
    problem: () => problem,
    async close() {
      closed = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
