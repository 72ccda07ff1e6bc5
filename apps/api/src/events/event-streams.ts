import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Response } from 'express';
import type { Operation } from '#contract';
import type { Identity } from '#identity';
import {
  comparePositions,
  type EventPosition,
  findRunsWithin,
  liesFarBack,
  newestPosition,
  readEvents,
  type Store,
  StoreUnavailable,
} from '#store';
import type { Logger, Metrics } from '#telemetry';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { CallerPlaces } from '../caller-places.ts';
import { ApiProblem } from '../http/api-problem.ts';
import type { WaybillRequest } from '../http/operation.ts';
import { AccessGuard } from '../identity/access.guard.ts';
import { EventFeed } from './event-feed.ts';
import { EventStream } from './event-stream.ts';
import { picturesOf } from './progress-board.ts';
import { readEventId } from './told-event.ts';

export interface StreamLimits {
  /** Of this process, and of one identity. */
  mostStreams: number;
  mostOfOne: number;
  /** So that proxies keep the connection. */
  beatEveryMs: number;
  /** What a right that was taken away may still hear; a revoked key is refused within 5 s everywhere. */
  lookAtRightsEveryMs: number;
  /** So long a right stands that cannot be looked at because the database is away, which tells nothing meanwhile either. */
  uncheckedRightMs: number;
  /** How often the common tail is read. */
  lookEveryMs: number;
  /** Whoever comes back after more has missed too much to be told one by one. */
  mostEventsBehind: number;
}

export const STREAM_LIMITS: StreamLimits = {
  mostStreams: 256,
  mostOfOne: 16,
  beatEveryMs: 15_000,
  lookAtRightsEveryMs: 3_000,
  uncheckedRightMs: 30_000,
  lookEveryMs: 500,
  mostEventsBehind: 50_000,
};

/** Of the past, for one reader: what is written before he has to take it. */
const EVENTS_A_PAGE = 200;

export interface StreamOrder {
  operation: Operation;
  request: WaybillRequest;
  response: Response;
  identity: Identity;
  runId?: string | undefined;
  lastEventId?: string | undefined;
}

interface OpenStream {
  order: StreamOrder;
  stream: EventStream;
  allowedAtMs: number;
}

/** All streams of this process: how many there may be, who may go on hearing, and their end. */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #guard: AccessGuard;
  readonly #metrics: Metrics;
  readonly #limits: StreamLimits;
  readonly #feed: EventFeed;
  readonly #open = new Set<OpenStream>();
  /** Also those that are being opened. */
  readonly #places: CallerPlaces;
  #timers: NodeJS.Timeout[] = [];
  #looking = false;
  #closed = false;

  constructor(@Inject(PARTS) parts: ApiParts, @Inject(AccessGuard) guard: AccessGuard) {
    this.#store = parts.store;
    this.#log = parts.log.child({ part: 'events' });
    this.#guard = guard;
    this.#metrics = parts.metrics;
    this.#limits = { ...STREAM_LIMITS, ...parts.streams };
    const { mostStreams: most, mostOfOne } = this.#limits;
    this.#places = new CallerPlaces('event streams', { most, mostOfOne });
    this.#feed = new EventFeed(parts.store, this.#log, this.#limits.lookEveryMs);
  }

  get count(): number {
    return this.#places.count;
  }

  /** Resolves when the stream has ended. @throws ApiProblem before anything of it was sent */
  async serve(order: StreamOrder): Promise<void> {
    const { identity, runId } = order;
    const leave = this.#places.take(identity);
    try {
      if (runId !== undefined) await this.#demandVisible(identity, runId);
      const start = await this.#startOf(order);
      if (this.#closed) throw new ApiProblem('unavailable', 'This process is ending.');
      await this.#run(order, start);
    } finally {
      leave();
    }
  }

  onModuleDestroy(): void {
    this.#closed = true;
    for (const { stream } of this.#open) stream.end('shutdown');
  }

  async #demandVisible(identity: Identity, runId: string): Promise<void> {
    const visible = await findRunsWithin(this.#store.db, identity, [runId]);
    if (!visible.has(runId)) throw new ApiProblem('not_found', `There is no run ${runId}.`);
  }

  async #startOf({ lastEventId }: StreamOrder): Promise<StreamStart> {
    const newest = await newestPosition(this.#store.db);
    if (lastEventId === undefined) return { kind: 'now', position: newest };
    const position = readEventId(lastEventId);
    // No stream of this database has given it out: it may be from before a restore.
    if (comparePositions(position, newest) > 0)
      return { kind: 'reset', reason: 'unknown_id', position: newest };
    if (await liesFarBack(this.#store.db, position, this.#limits.mostEventsBehind))
      return { kind: 'reset', reason: 'too_far_back', position: newest };
    return { kind: 'resumed', position };
  }

  async #run(order: StreamOrder, start: StreamStart): Promise<void> {
    const { identity, request, response, runId } = order;
    // The caller may have left while we looked.
    if (response.destroyed) return;
    const stream = new EventStream(response, identity, start.position, runId);
    const open: OpenStream = { order, stream, allowedAtMs: performance.now() };
    this.#open.add(open);
    this.#metrics.eventStreams.inc();
    this.#wind();
    const ended = new Promise<void>((resolve) => response.once('close', resolve));
    try {
      if (start.kind === 'reset') stream.reset(start.reason, start.position);
      // Read after the place was taken: whatever is newer than this picture comes as a change.
      if (runId !== undefined && start.kind !== 'resumed')
        for (const picture of await picturesOf(this.#store.db, identity, runId)) stream.hearProgress(picture);
      await this.#catchUp(stream, runId, start.kind === 'resumed');
      await ended;
    } catch (error) {
      this.#log.warn({ err: error, requestId: request.requestId }, 'an event stream failed');
      stream.end('failed');
    } finally {
      this.#feed.leave(stream);
      this.#open.delete(open);
      this.#unwind();
      const { ended: reason = 'failed' } = stream;
      this.#metrics.eventStreams.dec();
      this.#metrics.eventStreamsEnded.inc({ reason });
      this.#log.debug({ requestId: request.requestId, caller: identity.name, reason }, 'event stream ended');
    }
  }

  /** Reads what the stream has missed, at its reader's pace, until it can follow the common tail. */
  async #catchUp(stream: EventStream, runId: string | undefined, behind: boolean): Promise<void> {
    let farBehind = behind;
    while (!stream.ended) {
      if (!farBehind && this.#feed.join(stream)) return;
      const { scope, position } = stream;
      const page = await readEvents(this.#store.db, position, { limit: EVENTS_A_PAGE, runId, scope });
      stream.hear(page);
      await stream.drained();
      farBehind = page.events.length === EVENTS_A_PAGE;
    }
  }

  #wind(): void {
    if (this.#timers.length > 0) return;
    this.#timers = [
      setInterval(() => {
        for (const { stream } of this.#open) stream.beat();
      }, this.#limits.beatEveryMs),
      setInterval(() => void this.#lookAtRights(), this.#limits.lookAtRightsEveryMs),
    ];
  }

  #unwind(): void {
    if (this.#open.size > 0) return;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  /** Whoever may not open this stream now may not go on with it either. */
  async #lookAtRights(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const answers = new Map<string, Promise<Identity | undefined>>();
    for (const open of this.#open) {
      open.stream.cutIfSlow();
      await this.#lookAtRight(open, answers);
    }
    this.#looking = false;
  }

  async #lookAtRight(open: OpenStream, answers: Map<string, Promise<Identity | undefined>>): Promise<void> {
    const { stream, order } = open;
    const { request, operation } = order;
    // The same key in many streams is one question.
    const shown = JSON.stringify([operation.path, request.headers.authorization, request.headers.cookie]);
    const answer = answers.get(shown) ?? this.#guard.findStillAllowed(request, operation);
    answers.set(shown, answer);
    try {
      const identity = await answer;
      if (!identity) return stream.end('right_lost');
      stream.scope = identity;
      if (order.runId !== undefined) await this.#demandVisible(identity, order.runId);
      open.allowedAtMs = performance.now();
    } catch (error) {
      const unchecked = performance.now() - open.allowedAtMs;
      if (error instanceof StoreUnavailable && unchecked < this.#limits.uncheckedRightMs) return;
      stream.end('right_lost');
    }
  }
}

type StreamStart =
  | { kind: 'now' | 'resumed'; position: EventPosition }
  | { kind: 'reset'; reason: 'unknown_id' | 'too_far_back'; position: EventPosition };
