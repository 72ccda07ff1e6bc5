import type { RunRecorder, TransferClaim } from '#audit';
import { TransferError } from '#domain';

interface HeldLease {
  claim: TransferClaim;
  lost: AbortController;
  /** Local monotonic time of the last renewal that the database confirmed. */
  renewedAtMs: number;
}

/**
 * Prolongs the leases of all transfers this process is moving, and stops a lane whose lease is gone: either the
 * database says so, or it could not be asked for so long that another worker may have taken over.
 */
export class LeaseKeeper {
  readonly #recorder: RunRecorder;
  readonly #leaseMs: number;
  readonly #held = new Map<string, HeldLease>();
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

  /** The signal aborts with `lease_lost`. Call `release` when the attempt has ended. */
  hold(claim: TransferClaim): { signal: AbortSignal; release(): void } {
    const lease: HeldLease = { claim, lost: new AbortController(), renewedAtMs: performance.now() };
    this.#held.set(claim.attemptId, lease);
    return { signal: lease.lost.signal, release: () => this.#held.delete(claim.attemptId) };
  }

  async #renew(): Promise<void> {
    if (this.#renewing || this.#held.size === 0) return;
    this.#renewing = true;
    const askedAtMs = performance.now();
    const leases = [...this.#held.values()];
    try {
      const kept = await this.#recorder.renewClaims(
        leases.map((lease) => lease.claim),
        this.#leaseMs,
      );
      for (const lease of leases) {
        if (kept.has(lease.claim.transferId)) lease.renewedAtMs = askedAtMs;
        else this.#giveUp(lease, 'Another worker has the transfer, or it was taken away.');
      }
    } catch (error) {
      this.#giveUpOverdue(leases, error);
    } finally {
      this.#renewing = false;
    }
  }

  /** No answer from the database is no renewal: stop before the lease can run out, not after. */
  #giveUpOverdue(leases: readonly HeldLease[], error: unknown): void {
    const limitMs = this.#leaseMs * 0.8;
    for (const lease of leases) {
      if (performance.now() - lease.renewedAtMs < limitMs) continue;
      this.#giveUp(
        lease,
        `The lease could not be renewed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #giveUp(lease: HeldLease, detail: string): void {
    this.#held.delete(lease.claim.attemptId);
    lease.lost.abort(new TransferError('lease_lost', { phase: 'stream', detail }));
  }
}
