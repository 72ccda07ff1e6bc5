import type { RunRecorder } from '#audit';
import { type Endpoint, TransferError } from '#domain';
import type { RemoteSession, SessionObserver } from '#protocol';
import type { SessionOpener } from './open-session.ts';

/** The pair of sessions that a lane keeps for its whole life; a broken one is replaced at the next use. */
export class LaneSessions {
  readonly #open: SessionOpener;
  readonly #recorder: RunRecorder;
  readonly #worker: string;
  readonly #observer: SessionObserver;
  readonly #endpoints: { source: Endpoint; destination: Endpoint };
  readonly #sessions: { source?: RemoteSession; destination?: RemoteSession } = {};

  constructor(
    { openSession, recorder, worker }: { openSession: SessionOpener; recorder: RunRecorder; worker: string },
    observer: SessionObserver,
    endpoints: { source: Endpoint; destination: Endpoint },
  ) {
    this.#open = openSession;
    this.#recorder = recorder;
    this.#worker = worker;
    this.#observer = observer;
    this.#endpoints = endpoints;
  }

  /** Rejects with the adapter's TransferError. */
  async use(side: 'source' | 'destination', signal: AbortSignal): Promise<RemoteSession> {
    const present = this.#sessions[side];
    if (present && !present.broken) return present;
    if (present) await this.#drop(side);
    const session = await this.#login(this.#endpoints[side], signal);
    this.#sessions[side] = session;
    return session;
  }

  /** A refused login pauses the endpoint for every worker: accounts are locked after a few. */
  async #login(endpoint: Endpoint, signal: AbortSignal): Promise<RemoteSession> {
    if (endpoint.protocol === 'local') return this.#open(endpoint, this.#observer, signal);
    await this.#recorder.demandLoginAllowed(endpoint.name);
    try {
      const session = await this.#open(endpoint, this.#observer, signal);
      await this.#recorder.recordLoginAccepted(this.#worker, endpoint.name);
      return session;
    } catch (error) {
      if (error instanceof TransferError && error.code === 'auth_rejected')
        await this.#recorder.recordLoginRefused(this.#worker, endpoint.name, error);
      throw error;
    }
  }

  idOf(side: 'source' | 'destination'): string | null {
    return this.#sessions[side]?.id ?? null;
  }

  async close(): Promise<void> {
    await Promise.all([this.#drop('source'), this.#drop('destination')]);
  }

  async #drop(side: 'source' | 'destination'): Promise<void> {
    const session = this.#sessions[side];
    delete this.#sessions[side];
    await session?.close();
  }
}
