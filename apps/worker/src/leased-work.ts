import { TransferError } from '#domain';
import type { Logger } from '#telemetry';

/** A worker that died leaves its work to be failed after this. */
export const LEASE_MS = 60_000;

export interface LeasedWorkParts {
  /** `the examination`, as a sentence says it. */
  what: string;
  /** Everything together; each step has deadlines of its own. */
  deadlineMs: number;
  /** A lease for so much longer; false: the work is not this worker's any more. */
  keep(leaseMs: number): Promise<boolean>;
  log: Logger;
}

/** What a worker does as long as it has the lease of it, and no longer than its deadline. */
export class LeasedWork {
  readonly #parts: LeasedWorkParts;
  /** Aborted when the work is not ours any more, or has taken too long. */
  readonly #over = new AbortController();
  readonly signal: AbortSignal;

  constructor(parts: LeasedWorkParts, stopping: AbortSignal) {
    this.#parts = parts;
    this.signal = AbortSignal.any([stopping, this.#over.signal]);
  }

  /** Rejects with a TransferError: why it was stopped, where it was. */
  async run<T>(act: () => Promise<T>): Promise<T> {
    const { what, deadlineMs, log } = this.#parts;
    const tooLong = setTimeout(() => {
      const detail = `${what} took longer than ${deadlineMs / 1000} s`;
      this.#over.abort(new TransferError('reply_timeout', { phase: 'connect', detail }));
    }, deadlineMs);
    const renewal = setInterval(() => {
      this.keep().catch((error: unknown) => log.warn({ err: error }, `${what} could not be renewed`));
    }, LEASE_MS / 3);
    try {
      return await act();
    } catch (thrown) {
      throw TransferError.from(this.signal.aborted ? this.signal.reason : thrown, 'connect');
    } finally {
      clearTimeout(tooLong);
      clearInterval(renewal);
    }
  }

  async keep(): Promise<void> {
    if (!(await this.#parts.keep(LEASE_MS)))
      this.#over.abort(new TransferError('lease_lost', { phase: 'connect' }));
  }
}
