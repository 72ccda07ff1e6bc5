import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { findFinishedRuns } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';

/** One question for all who wait, so often. */
const LOOK_EVERY_MS = 200;
/** Each of them holds a connection; who comes later is answered at once, and may ask again. */
const MOST_WAITS = 500;

interface Wait {
  runId: string;
  end(): void;
}

/** Those who wait for the end of a run. However many they are, the database is asked one question at a time. */
@Injectable()
export class RunWaits implements OnModuleDestroy {
  readonly #parts: ApiParts;
  readonly #waits = new Set<Wait>();
  #looking = false;
  #closed = false;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  /** How many wait now. */
  get count(): number {
    return this.#waits.size;
  }

  /** Resolves when the run has ended, the time is over, nobody listens any more, or the api closes. */
  async untilFinished(runId: string, waitMs: number, gone: AbortSignal): Promise<void> {
    if (this.#closed || gone.aborted || this.#waits.size >= MOST_WAITS) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wait = { runId, end: () => resolve() };
    const timer = setTimeout(wait.end, waitMs);
    gone.addEventListener('abort', wait.end, { once: true });
    this.#waits.add(wait);
    void this.#look();
    await promise;
    this.#waits.delete(wait);
    clearTimeout(timer);
    gone.removeEventListener('abort', wait.end);
  }

  /** A port that closes waits for its answers. */
  onModuleDestroy(): void {
    this.#closed = true;
    for (const wait of this.#waits) wait.end();
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    while (this.#waits.size > 0) {
      try {
        const runIds = [...new Set([...this.#waits].map(({ runId }) => runId))];
        const finished = new Set(await findFinishedRuns(this.#parts.store.db, runIds));
        for (const wait of this.#waits) if (finished.has(wait.runId)) wait.end();
      } catch (error) {
        this.#parts.log.warn({ err: error }, 'the runs that are waited for could not be looked at');
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    this.#looking = false;
  }
}
