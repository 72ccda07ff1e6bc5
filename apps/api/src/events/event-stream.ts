import type { Response } from 'express';
import { comparePositions, type EventPosition, type Scope, type StreamedPage } from '#store';
import type { FeedListener } from './event-feed.ts';
import type { RunPicture } from './progress-board.ts';
import { eventId, tellEvent, tellProgress } from './told-event.ts';

/** What may wait for a reader beyond what the operating system holds for it. */
const MOST_PENDING_BYTES = 512 * 1024;
/** The longest a reader may take nothing while something waits for it. */
const PATIENCE_MS = 30_000;
const RETRY_MS = 3_000;
/** For the last words; then the connection goes, whoever reads. */
const LAST_WORDS_MS = 2_000;

/** Ended: by us, with a proper end of the answer. Cut: the reader takes nothing, an end would not reach it. */
export type StreamEnd = 'shutdown' | 'right_lost' | 'too_slow' | 'failed';

/** One client of server-sent events: what it has been told, and what it may hear. */
export class EventStream implements FeedListener {
  readonly #response: Response;
  readonly #runId: string | undefined;
  #scope: Scope;
  #position: EventPosition;
  /** Since when something waits for the reader. */
  #waitingSinceMs: number | undefined;
  ended: StreamEnd | 'client_left' | undefined;

  constructor(response: Response, scope: Scope, position: EventPosition, runId: string | undefined) {
    this.#response = response;
    this.#scope = scope;
    this.#position = position;
    this.#runId = runId;
    // After the end the connection serves nobody else: a proxy must not keep it for another caller.
    response.setHeader('Connection', 'close');
    response.setHeader('X-Accel-Buffering', 'no');
    response.flushHeaders();
    response.on('drain', () => {
      this.#waitingSinceMs = undefined;
    });
    response.on('close', () => {
      this.ended ??= 'client_left';
    });
    this.#write(`retry: ${RETRY_MS}\n${this.#place()}\n`);
  }

  get position(): EventPosition {
    return this.#position;
  }

  get scope(): Scope {
    return this.#scope;
  }

  /** How far an identity reaches may have changed since. */
  set scope(scope: Scope) {
    this.#scope = scope;
  }

  hear({ events, readTo }: StreamedPage): void {
    for (const event of events) {
      if (comparePositions(event.position, this.#position) <= 0) continue;
      if (this.#runId !== undefined && event.runId !== this.#runId) continue;
      this.#position = event.position;
      this.#write(`event: change\n${this.#place()}data: ${JSON.stringify(tellEvent(event))}\n\n`);
      if (this.ended) return;
    }
    if (comparePositions(readTo, this.#position) > 0) this.#position = readTo;
  }

  wantsProgressOf(runId: string): boolean {
    return this.#runId === undefined || this.#runId === runId;
  }

  hearProgress(picture: RunPicture): void {
    this.#write(`event: progress\ndata: ${JSON.stringify(tellProgress(picture))}\n\n`);
  }

  reset(reason: 'unknown_id' | 'too_far_back', position: EventPosition): void {
    this.#position = position;
    this.#write(`event: reset\n${this.#place()}data: ${JSON.stringify({ reason })}\n\n`);
  }

  /** Proxies keep the connection, and the client's place moves on though nothing is for it. */
  beat(): void {
    this.#write(`: beat\n${this.#place()}\n`);
  }

  /** Resolves when the reader has taken what was written; ends the stream when it does not. */
  async drained(): Promise<void> {
    while (!this.ended && this.#response.writableNeedDrain) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const go = () => resolve();
      const patience = setTimeout(go, PATIENCE_MS);
      this.#response.once('drain', go).once('close', go);
      await promise;
      clearTimeout(patience);
      this.#response.off('drain', go).off('close', go);
      this.cutIfSlow();
    }
  }

  cutIfSlow(): void {
    const since = this.#waitingSinceMs;
    if (since !== undefined && performance.now() - since >= PATIENCE_MS) this.end('too_slow');
  }

  end(reason: StreamEnd): void {
    if (this.ended) return;
    this.ended = reason;
    if (reason === 'too_slow') return void this.#response.destroy();
    this.#response.end();
    const impatience = setTimeout(() => this.#response.destroy(), LAST_WORDS_MS);
    this.#response.once('close', () => clearTimeout(impatience));
  }

  /** An id on its own moves the client's place without an event. */
  #place(): string {
    return `id: ${eventId(this.#position)}\n`;
  }

  #write(text: string): void {
    if (this.ended) return;
    if (!this.#response.write(text)) this.#waitingSinceMs ??= performance.now();
    if (this.#response.writableLength > MOST_PENDING_BYTES) this.end('too_slow');
  }
}
