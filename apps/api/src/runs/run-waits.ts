import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { OPERATIONS, type Operation } from '#contract';
import { findFinishedRuns } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { CallerPlaces } from '../caller-places.ts';
import { STREAM_LIMITS } from '../events/event-streams.ts';
import type { WaybillRequest } from '../http/operation.ts';
import { AccessGuard } from '../identity/access.guard.ts';

const GET_RUN: Operation = OPERATIONS.getRun;

/** One question for all who wait, so often. */
const LOOK_EVERY_MS = 200;
/**
 * Each of them holds a connection; who comes later is answered at once, and may ask again. One program that waits for all it has
 * asked for leaves places for the others.
 */
const LIMITS = { most: 500, mostOfOne: 50 };

interface Wait {
  runId: string;
  request: WaybillRequest;
  end(): void;
}

/**
 * Those who wait for the end of a run. However many they are, the database is asked one question at a time; and every few
 * seconds whether each of them may still ask.
 */
@Injectable()
export class RunWaits implements OnModuleDestroy {
  readonly #parts: ApiParts;
  readonly #guard: Pick<AccessGuard, 'findStillAllowed'>;
  readonly #lookAtRightsEveryMs: number;
  readonly #places = new CallerPlaces('waits', LIMITS);
  readonly #waits = new Set<Wait>();
  #looking = false;
  #closed = false;

  constructor(
    @Inject(PARTS) parts: ApiParts,
    @Inject(AccessGuard) guard: Pick<AccessGuard, 'findStillAllowed'>,
  ) {
    this.#parts = parts;
    this.#guard = guard;
    this.#lookAtRightsEveryMs = { ...STREAM_LIMITS, ...parts.streams }.lookAtRightsEveryMs;
  }

  /** How many wait now. */
  get count(): number {
    return this.#waits.size;
  }

  /**
   * Resolves when the run has ended, the time is over, nobody listens any more, who asks may not any more, or the api closes.
   * Whoever answers then has to ask for the right anew.
   */
  async untilFinished(
    runId: string,
    waitMs: number,
    { request, gone }: { request: WaybillRequest; gone: AbortSignal },
  ): Promise<void> {
    if (this.#closed || gone.aborted) return;
    const leave = this.#places.takeIfFree(request.identity!);
    if (!leave) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wait = { runId, request, end: () => resolve() };
    const timer = setTimeout(wait.end, waitMs);
    gone.addEventListener('abort', wait.end, { once: true });
    this.#waits.add(wait);
    void this.#look();
    await promise;
    leave();
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
    let rightsLookedAtMs = performance.now();
    while (this.#waits.size > 0) {
      try {
        const runIds = [...new Set([...this.#waits].map(({ runId }) => runId))];
        const finished = new Set(await findFinishedRuns(this.#parts.store.db, runIds));
        for (const wait of this.#waits) if (finished.has(wait.runId)) wait.end();
        if (performance.now() - rightsLookedAtMs >= this.#lookAtRightsEveryMs) {
          await this.#lookAtRights();
          rightsLookedAtMs = performance.now();
        }
      } catch (error) {
        this.#parts.log.warn({ err: error }, 'the runs that are waited for could not be looked at');
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    this.#looking = false;
  }

  /** The same key in many waits is one question. @throws StoreUnavailable */
  async #lookAtRights(): Promise<void> {
    const byCredentials = Map.groupBy(this.#waits, ({ request: { headers } }) =>
      JSON.stringify([headers.authorization, headers.cookie]),
    );
    for (const waits of byCredentials.values()) {
      const identity = await this.#guard.findStillAllowed(waits[0]!.request, GET_RUN);
      if (!identity) for (const wait of waits) wait.end();
    }
  }
}
