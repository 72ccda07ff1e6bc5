import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Response } from 'express';
import { OPERATIONS } from '#contract';
import type { Identity } from '#identity';
import { type EventPiece, type EventPlace, type EventRange, readEventPiece, type Store } from '#store';
import type { Logger } from '#telemetry';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { CallerPlaces } from '../caller-places.ts';
import { STREAM_LIMITS } from '../events/event-streams.ts';
import { ApiProblem } from '../http/api-problem.ts';
import type { WaybillRequest } from '../http/operation.ts';
import { AccessGuard } from '../identity/access.guard.ts';
import { toEvent } from './audit-event-object.ts';

/** Of events that are in memory at once, for each export. */
const EVENTS_A_PIECE = 500;
/** The longest a reader may take nothing. */
const PATIENCE_MS = 30_000;
const PLACES = { most: 8, mostOfOne: 2 };

export interface ExportOrder {
  request: WaybillRequest;
  response: Response;
  identity: Identity;
  range: EventRange;
}

/**
 * Writes the events of a range, one JSON object a line, as fast as they are taken and not faster. An answer that does not
 * come to its end is cut and not ended: nobody takes a part for the whole.
 */
@Injectable()
export class AuditExports implements OnModuleDestroy {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #guard: AccessGuard;
  /** As for event streams: what a right that was taken away still gets. */
  readonly #lookAtRightEveryMs: number;
  readonly #places = new CallerPlaces('exports of the audit', PLACES);
  readonly #open = new Set<Response>();

  constructor(@Inject(PARTS) parts: ApiParts, @Inject(AccessGuard) guard: AccessGuard) {
    this.#store = parts.store;
    this.#log = parts.log.child({ part: 'audit' });
    this.#guard = guard;
    this.#lookAtRightEveryMs = { ...STREAM_LIMITS, ...parts.streams }.lookAtRightsEveryMs;
  }

  /** @throws ApiProblem before anything was sent; later the caller cuts the answer */
  async serve(order: ExportOrder): Promise<void> {
    const { request, response, identity } = order;
    const leave = this.#places.take(identity);
    this.#open.add(response);
    try {
      const events = await this.#write(order);
      const caller = identity.name;
      this.#log.info({ requestId: request.requestId, caller, events }, 'audit exported');
    } finally {
      this.#open.delete(response);
      leave();
    }
  }

  onModuleDestroy(): void {
    for (const response of this.#open) response.destroy();
  }

  async #write({ request, response, identity, range }: ExportOrder): Promise<number> {
    let caller = identity;
    let lookedAtMs = performance.now();
    let events = 0;
    let piece: EventPiece = await this.#read(caller, range, null);
    response.setHeader('Content-Disposition', 'attachment; filename="waybill-audit.ndjson"');
    response.flushHeaders();
    for (;;) {
      if (response.destroyed) return events;
      events += piece.events.length;
      response.write(piece.events.map((event) => `${JSON.stringify(toEvent(event))}\n`).join(''));
      await taken(response);
      if (piece.next === null) break;
      if (performance.now() - lookedAtMs >= this.#lookAtRightEveryMs) {
        const still = await this.#guard.findStillAllowed(request, OPERATIONS.exportAuditEvents);
        if (!still) throw new ApiProblem('forbidden', 'The right to it was taken away.');
        caller = still;
        lookedAtMs = performance.now();
      }
      piece = await this.#read(caller, range, piece.next);
    }
    response.end();
    return events;
  }

  #read(caller: Identity, range: EventRange, after: EventPlace | null): Promise<EventPiece> {
    return readEventPiece(this.#store.db, caller, range, { after, size: EVENTS_A_PIECE });
  }
}

/** Resolves when the reader has taken what was written, or is gone; cuts off who takes nothing. */
async function taken(response: Response): Promise<void> {
  if (response.destroyed || !response.writableNeedDrain) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const go = () => resolve();
  const patience = setTimeout(() => response.destroy(), PATIENCE_MS);
  response.once('drain', go).once('close', go);
  await promise;
  clearTimeout(patience);
  response.off('drain', go).off('close', go);
}
