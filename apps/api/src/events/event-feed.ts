import {
  comparePositions,
  type EventPosition,
  findEventsWithin,
  readEvents,
  type Scope,
  type Store,
  type StreamedEvent,
  type StreamedPage,
} from '#store';
import type { Logger } from '#telemetry';
import { type BoardListener, onceForEachScope, ProgressBoard } from './progress-board.ts';

const EVENTS_A_PAGE = 500;

export interface FeedListener extends BoardListener {
  /** Up to here it has been told. */
  readonly position: EventPosition;
  /** Everything within its scope behind its position up to `readTo` is in the page, and perhaps something before it. */
  hear(page: StreamedPage): void;
}

/**
 * The one tail of the audit in this process: it is read once for all streams, and not at all while there are none.
 */
export class EventFeed {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #lookEveryMs: number;
  readonly #listeners = new Set<FeedListener>();
  readonly #board: ProgressBoard;
  #readTo: EventPosition | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #silent = false;

  constructor(store: Store, log: Logger, lookEveryMs = 500) {
    this.#store = store;
    this.#log = log;
    this.#board = new ProgressBoard(store);
    this.#lookEveryMs = lookEveryMs;
  }

  /** false while the tail is ahead of the listener, who has to read on by himself before he asks again. */
  join(listener: FeedListener): boolean {
    if (this.#readTo && comparePositions(this.#readTo, listener.position) > 0) return false;
    this.#readTo ??= listener.position;
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => void this.#look(), this.#lookEveryMs);
    return true;
  }

  leave(listener: FeedListener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#readTo = undefined;
    this.#board.forget();
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      while (await this.#readPage());
      await this.#board.tell(this.#listeners);
      this.#silent = false;
    } catch (error) {
      // Once for each time the database is away; nothing is lost, the next look begins at the same place.
      if (!this.#silent) this.#log.warn({ err: error }, 'events could not be read; it is tried again');
      this.#silent = true;
    } finally {
      this.#looking = false;
    }
  }

  /** true when there is more. */
  async #readPage(): Promise<boolean> {
    const from = this.#readTo;
    if (!from) return false;
    const { events, readTo } = await readEvents(this.#store.db, from, { limit: EVENTS_A_PAGE });
    const within = onceForEachScope((scope) => this.#eventsWithin(scope, events));
    // Whoever joins meanwhile is visited as well; what he knows already he leaves out.
    for (const listener of this.#listeners) {
      const page = { events: await within(listener.scope), readTo };
      // All had left; those who came since read from a place of their own.
      if (this.#readTo !== from) return false;
      if (this.#listeners.has(listener)) listener.hear(page);
    }
    if (this.#readTo !== from) return false;
    this.#readTo = readTo;
    for (const { runId } of events) if (runId !== null) this.#board.note(runId);
    return events.length === EVENTS_A_PAGE;
  }

  async #eventsWithin(scope: Scope, events: StreamedEvent[]): Promise<StreamedEvent[]> {
    const ids = events.map(({ position }) => position.id);
    const known = await findEventsWithin(this.#store.db, scope, ids);
    return events.filter(({ position }) => known.has(position.id));
  }
}
