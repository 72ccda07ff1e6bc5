import type { Endpoint } from '#domain';
import type { RemoteSession, SessionObserver } from '#protocol';
import type { SessionOpener } from './open-session.ts';

/** The pair of sessions that a lane keeps for its whole life; a broken one is replaced at the next use. */
export class LaneSessions {
  readonly #open: SessionOpener;
  readonly #observer: SessionObserver;
  readonly #endpoints: { source: Endpoint; destination: Endpoint };
  readonly #sessions: { source?: RemoteSession; destination?: RemoteSession } = {};

  constructor(
    open: SessionOpener,
    observer: SessionObserver,
    endpoints: { source: Endpoint; destination: Endpoint },
  ) {
    this.#open = open;
    this.#observer = observer;
    this.#endpoints = endpoints;
  }

  /** Rejects with the adapter's TransferError. */
  async use(side: 'source' | 'destination', signal: AbortSignal): Promise<RemoteSession> {
    const present = this.#sessions[side];
    if (present && !present.broken) return present;
    if (present) await this.#drop(side);
    const session = await this.#open(this.#endpoints[side], this.#observer, signal);
    this.#sessions[side] = session;
    return session;
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
