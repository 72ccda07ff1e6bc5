import type { OverdueRun, RunRecorder, SlotsAnswer } from '#audit';
import type { Endpoint } from '#domain';
import type { RemoteSession, SessionObserver } from '#protocol';
import type { Lease, LeaseKeeper } from './lease-keeper.ts';
import { demandSlot, underLoginPause } from './login-pause.ts';
import type { SessionOpener } from './open-session.ts';

/** What the sessions of a lane need of their worker. */
export interface SessionContext {
  openSession: SessionOpener;
  recorder: RunRecorder;
  leases: LeaseKeeper;
  leaseMs: number;
  worker: string;
}

/** The run whose ends are connected. */
export interface SessionEnds {
  runId: string;
  source: Endpoint;
  destination: Endpoint;
}

/** The pair of sessions that a lane keeps for its whole life; a broken one is replaced at the next use. */
export class LaneSessions {
  readonly #context: SessionContext;
  readonly #observer: SessionObserver;
  readonly #ends: SessionEnds;
  readonly #sessions: { source?: RemoteSession; destination?: RemoteSession } = {};
  #slots: { ids: string[]; lease: Lease } | undefined;

  constructor(context: SessionContext, observer: SessionObserver, ends: SessionEnds) {
    this.#context = context;
    this.#observer = observer;
    this.#ends = ends;
  }

  /**
   * Takes the right to log in at both ends, as all workers together have `maxSessions` of them; nothing is dialled yet.
   * @throws TransferError when this route can never have it
   */
  async reserve(): Promise<SlotsAnswer> {
    const { recorder, leases, leaseMs, worker } = this.#context;
    const { runId, source, destination } = this.#ends;
    if (source.protocol === 'local' && destination.protocol === 'local')
      return { kind: 'taken', slotIds: [] };
    const askedAtMs = performance.now();
    const answer = await recorder.takeSessionSlots(runId, worker, leaseMs);
    if (answer.kind === 'taken')
      this.#slots = { ids: answer.slotIds, lease: leases.holdSlots(answer.slotIds, askedAtMs) };
    return answer;
  }

  /** What a step of this lane has to listen to: the sessions may be ours no longer. */
  signalWith(...others: AbortSignal[]): AbortSignal {
    return AbortSignal.any(this.#slots ? [...others, this.#slots.lease.signal] : others);
  }

  /** Rejects with the adapter's TransferError. */
  async use(side: 'source' | 'destination', signal: AbortSignal): Promise<RemoteSession> {
    const present = this.present(side);
    if (present) return present;
    await this.#drop(side);
    return this.#login(side, signal);
  }

  async #login(side: 'source' | 'destination', signal: AbortSignal): Promise<RemoteSession> {
    const { openSession } = this.#context;
    const endpoint = this.#ends[side];
    const open = async () => {
      const session = await openSession(endpoint, this.#observer, signal);
      this.#sessions[side] = session;
      return session;
    };
    if (endpoint.protocol === 'local') return open();
    demandSlot(this.#slots?.lease);
    signal.throwIfAborted();
    return underLoginPause(this.#context, endpoint.name, open);
  }

  /** The open session; undefined where there is none that still works. */
  present(side: 'source' | 'destination'): RemoteSession | undefined {
    const session = this.#sessions[side];
    return session?.broken ? undefined : session;
  }

  get areOpen(): boolean {
    return this.present('source') !== undefined && this.present('destination') !== undefined;
  }

  idOf(side: 'source' | 'destination'): string | null {
    return this.#sessions[side]?.id ?? null;
  }

  /** Logs out, then gives the slots back. Returns a run that may have waited for them. */
  async close(): Promise<OverdueRun | undefined> {
    try {
      await Promise.all([this.#drop('source'), this.#drop('destination')]);
    } finally {
      this.#slots?.lease.release();
    }
    return this.#context.recorder.releaseSessionSlots(this.#slots?.ids ?? []);
  }

  async #drop(side: 'source' | 'destination'): Promise<void> {
    const session = this.#sessions[side];
    delete this.#sessions[side];
    await session?.close();
  }
}
