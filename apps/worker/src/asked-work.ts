import { TransferError } from '#domain';
import type { Logger } from '#telemetry';

export interface AskedWorkParts {
  /** `probes`, as a line of the log says it. */
  what: string;
  everyMs: number;
  /** Carried out at once. */
  most: number;
  log: Logger;
  /** Takes one that was asked for, and returns how it is carried out; undefined: nobody asked. */
  take(stopping: AbortSignal): Promise<(() => Promise<void>) | undefined>;
}

export interface AskedWorker {
  /** Takes nothing more; what is under way is stopped, tidies up after itself, and is recorded as failed. */
  close(): Promise<void>;
}

/** Looks in the database for what people asked for, and carries it out. */
export function startAskedWork({ what, everyMs, most, log, take }: AskedWorkParts): AskedWorker {
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  let looking: Promise<void> | undefined;
  let silent = false;
  const warn = (error: unknown) => {
    // Once for each time the database is away, not once a second.
    if (!silent) log.warn({ err: error }, `looking for ${what} failed`);
    silent = true;
  };
  const look = async (): Promise<void> => {
    const carryOut = await take(stopping.signal);
    silent = false;
    if (!carryOut) return;
    const done = carryOut()
      .catch(warn)
      .finally(() => underWay.delete(done));
    underWay.add(done);
  };
  const timer = setInterval(() => {
    if (underWay.size >= most) return;
    looking ??= look()
      .catch(warn)
      .finally(() => {
        looking = undefined;
      });
  }, everyMs);
  return {
    async close() {
      clearInterval(timer);
      stopping.abort(new TransferError('shutting_down', { phase: 'connect' }));
      await looking;
      await Promise.all(underWay);
    },
  };
}
