import { type ClaimedTransfer } from '#audit';
import { TransferError } from '#domain';
import {
  type Fate,
  type MemoryEndpoint,
  type MemoryLink,
  type MemoryOperation,
  MemorySession,
} from '#protocol/testing';

export const LEASE_MS = 60_000;
/** Like the worker's lease keeper: it gives up before others may take over. */
const GIVES_UP_AFTER_MS = LEASE_MS * 0.8;

/** Where a worker stands still until the test lets it go on. */
export interface Gate {
  stage: 'request' | 'answer' | 'commit' | 'committed';
  operation?: MemoryOperation | undefined;
  go(fate: Fate): void;
}

interface Submission {
  run(): Promise<unknown>;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/**
 * One worker process with one lane. It stops before each request and each commit, and again before it learns the answer,
 * so that a test can kill or freeze it anywhere and let others go on in between.
 */
export class ModelWorker implements MemoryLink {
  readonly name: string;
  gate: Gate | undefined;
  busy = false;
  dead = false;
  frozen = false;
  /** Facts are committed as soon as they are submitted. */
  commitsEarly = false;
  claimed: ClaimedTransfer | undefined;
  lost = new AbortController();
  renewedAtMs = 0;
  readonly #endpoints: { source: MemoryEndpoint; destination: MemoryEndpoint };
  readonly #sessions: { source?: MemorySession; destination?: MemorySession } = {};
  readonly #onSession: (session: MemorySession, worker: ModelWorker) => void;
  #queue: Submission[] = [];
  #arrived: () => void = () => {};
  #sessionCount = 0;

  constructor(
    name: string,
    endpoints: { source: MemoryEndpoint; destination: MemoryEndpoint },
    onSession: (session: MemorySession, worker: ModelWorker) => void,
  ) {
    this.name = name;
    this.#endpoints = endpoints;
    this.#onSession = onSession;
  }

  /** Runs until it stops at its first gate. */
  async start(work: () => Promise<void>): Promise<void> {
    const arrival = this.#arrival();
    this.busy = true;
    const ended = () => {
      this.busy = false;
      this.#arrived();
    };
    work().then(ended, ended);
    await arrival;
  }

  /** Lets it go on to its next gate, or to its end. */
  async release(fate: Fate): Promise<void> {
    const gate = this.gate;
    if (!gate) return;
    this.gate = undefined;
    const arrival = this.#arrival();
    gate.go(fate);
    await arrival;
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }

  #pass(stage: Gate['stage'], operation?: MemoryOperation): Promise<Fate> {
    return new Promise((go) => {
      this.gate = { stage, operation, go };
      this.#arrived();
    });
  }

  request(operation: MemoryOperation): Promise<Fate> {
    return this.#pass('request', operation);
  }

  async answer(operation: MemoryOperation): Promise<void> {
    await this.#pass('answer', operation);
  }

  session(side: 'source' | 'destination'): MemorySession {
    const open = this.#sessions[side];
    if (open && !open.broken) return open;
    const session = new MemorySession(
      this.#endpoints[side],
      `${this.name} ${side} ${++this.#sessionCount}`,
      this,
    );
    this.#sessions[side] = session;
    this.#onSession(session, this);
    return session;
  }

  /** The one that is open already, if it still works. */
  openSession(side: 'source' | 'destination'): MemorySession | undefined {
    const session = this.#sessions[side];
    return session?.broken ? undefined : session;
  }

  /** Waits for its turn with what is submitted already, as one group. */
  async commit<T>(run: () => Promise<T>): Promise<T> {
    const result = this.submit(run);
    result.catch(() => undefined);
    await this.flush();
    return result;
  }

  submit<T>(run: () => Promise<T>): Promise<T> {
    const result = new Promise<T>((resolve, reject) => {
      this.#queue.push({ run, resolve: resolve as (value: unknown) => void, reject });
    });
    if (this.commitsEarly) this.commitQueue('served');
    return result;
  }

  async flush(): Promise<void> {
    const fate = await this.#pass('commit');
    this.commitQueue(fate);
    await this.#pass('committed');
  }

  /** The database does it, or does not, or does it and cannot say so any more. */
  commitQueue(fate: Fate): void {
    for (const { run, resolve, reject } of this.#queue.splice(0)) {
      if (fate === 'served') {
        resolve(run());
        continue;
      }
      if (fate === 'lost_after') run().catch(() => undefined);
      reject(new Error('the connection to the database broke'));
    }
  }

  begin(claimed: ClaimedTransfer, nowMs: number): void {
    this.claimed = claimed;
    this.lost = new AbortController();
    this.renewedAtMs = nowMs;
  }

  /** By its own clock, which goes on while it stands still. */
  holdsLease(nowMs: number): boolean {
    return nowMs - this.renewedAtMs < GIVES_UP_AFTER_MS;
  }

  giveUpWhenOverdue(nowMs: number): boolean {
    if (this.holdsLease(nowMs)) return false;
    this.lose();
    return true;
  }

  /** A person stopped the run; the lease stays. */
  cancel(): void {
    this.lost.abort(new TransferError('cancelled', { phase: 'stream' }));
  }

  lose(): void {
    this.lost.abort(new TransferError('lease_lost', { phase: 'stream' }));
  }
}
