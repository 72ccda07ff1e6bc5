import type { RunRecorder, TransferClaim } from '#audit';
import { TransferError } from '#domain';

interface HeldLease {
  lost: AbortController;
  /** Local monotonic time of the last renewal that the database confirmed. */
  renewedAtMs: number;
}

interface HeldClaim extends HeldLease {
  claim: TransferClaim;
}

/** The signal aborts when the lease is gone. Call `release` when what it protects has ended. */
export interface Lease {
  signal: AbortSignal;
  /**
   * By this process's own clock, without asking anybody: false when it stood still, or could not renew, for so long that the
   * lease may have run out, though the signal has not said so yet.
   */
  stillHeld(): boolean;
  release(): void;
}

/**
 * Prolongs the leases of all transfers this process is moving and of the sessions it holds, and stops a lane whose lease is
 * gone: either the database says so, or it could not be asked for so long that another worker may have taken over.
 */
export class LeaseKeeper {
  readonly #recorder: RunRecorder;
  readonly #leaseMs: number;
  /** By attempt. */
  readonly #claims = new Map<string, HeldClaim>();
  /** By slot; the slots of one lane share their lease. */
  readonly #slots = new Map<string, HeldLease>();
  #timer: NodeJS.Timeout | undefined;
  #renewing = false;

  constructor(recorder: RunRecorder, leaseMs: number) {
    this.#recorder = recorder;
    this.#leaseMs = leaseMs;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#renew(), this.#leaseMs / 3);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /**
   * `askedAtMs`: local monotonic time of before it was asked for; this process may have stood still since.
   * Aborts with `lease_lost`, or with `cancelled` when a person has stopped the run and nothing is published yet.
   */
  hold(claim: TransferClaim, askedAtMs: number): Lease {
    const lease: HeldClaim = { claim, lost: new AbortController(), renewedAtMs: askedAtMs };
    this.#claims.set(claim.attemptId, lease);
    return {
      signal: lease.lost.signal,
      stillHeld: () => this.#isFresh(lease),
      release: () => this.#claims.delete(claim.attemptId),
    };
  }

  /** Aborts with `lease_lost`: the sessions have to be closed, others may be opening theirs. */
  holdSlots(slotIds: readonly string[], askedAtMs: number): Lease {
    const lease: HeldLease = { lost: new AbortController(), renewedAtMs: askedAtMs };
    for (const id of slotIds) this.#slots.set(id, lease);
    return {
      signal: lease.lost.signal,
      stillHeld: () => this.#isFresh(lease),
      release: () => {
        for (const id of slotIds) this.#slots.delete(id);
      },
    };
  }

  async #renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    // One after the other: a process has few leases, and the database has other things to do.
    await this.#renewClaims();
    await this.#renewSlots();
    this.#renewing = false;
  }

  async #renewClaims(): Promise<void> {
    const askedAtMs = performance.now();
    const leases = [...this.#claims.values()];
    if (leases.length === 0) return;
    try {
      const kept = await this.#recorder.renewClaims(
        leases.map((lease) => lease.claim),
        this.#leaseMs,
      );
      for (const lease of leases) {
        const answer = kept.get(lease.claim.transferId);
        if (answer === undefined) this.#lose(lease, 'Another worker has the transfer, or it was taken away.');
        else lease.renewedAtMs = askedAtMs;
        // The lease stays ours: the lane still has to record how it ended.
        if (answer === 'cancelled') lease.lost.abort(new TransferError('cancelled', { phase: 'stream' }));
      }
    } catch (error) {
      this.#loseOverdue(leases, error);
    }
  }

  async #renewSlots(): Promise<void> {
    const askedAtMs = performance.now();
    const leases = [...this.#slots];
    if (leases.length === 0) return;
    try {
      const kept = await this.#recorder.renewSessionSlots(
        leases.map(([id]) => id),
        this.#leaseMs,
      );
      for (const [id, lease] of leases) {
        if (kept.has(id)) lease.renewedAtMs = askedAtMs;
        else if (this.#slots.has(id))
          this.#lose(lease, 'The right to hold this session was given to others.');
      }
    } catch (error) {
      this.#loseOverdue(
        leases.map(([, lease]) => lease),
        error,
      );
    }
  }

  /** No answer from the database is no renewal: stop before the lease can run out, not after. */
  #loseOverdue(leases: readonly HeldLease[], error: unknown): void {
    for (const lease of leases) {
      if (this.#isFresh(lease)) continue;
      this.#lose(
        lease,
        `The lease could not be renewed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #isFresh(lease: HeldLease): boolean {
    return !lease.lost.signal.aborted && performance.now() - lease.renewedAtMs < this.#leaseMs * 0.8;
  }

  #lose(lease: HeldLease, detail: string): void {
    for (const held of [this.#claims, this.#slots])
      for (const [id, other] of held) if (other === lease) held.delete(id);
    lease.lost.abort(new TransferError('lease_lost', { phase: 'stream', detail }));
  }
}
