import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Response } from 'express';
import { type ExportFormat, OPERATIONS, type OperationId, type Page } from '#contract';
import type { Identity } from '#identity';
import type { Logger } from '#telemetry';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { CallerPlaces } from '../caller-places.ts';
import { STREAM_LIMITS } from '../events/event-streams.ts';
import { ApiProblem } from '../http/api-problem.ts';
import type { WaybillRequest } from '../http/operation.ts';
import { AccessGuard } from '../identity/access.guard.ts';
import { type ExportForm, exportForm } from './export-form.ts';

/** Of objects that are in memory at once, for each export. */
const ITEMS_A_PIECE = 500;
/** The longest a reader may take nothing. */
const PATIENCE_MS = 30_000;
const PLACES = { most: 8, mostOfOne: 2 };

/** `Place`: after which object a piece begins, as whoever reads the pieces says it. */
export interface ExportOrder<Place> {
  /** Whose right is looked at again. */
  operation: OperationId;
  request: WaybillRequest;
  response: Response;
  identity: Identity;
  /** Of the file, without its ending. */
  name: string;
  form: ExportForm;
  /** All of them where not said. */
  limit?: number | undefined;
  /** The next objects that this caller may see. A piece may be empty and not the last. */
  read(
    caller: Identity,
    piece: { after: Place | undefined; size: number },
  ): Promise<{ items: object[]; next: Place | null }>;
}

/** By the list's own pages: what the list shows, in its order. */
export interface ListExportOrder extends Omit<ExportOrder<string>, 'form' | 'read'> {
  format: ExportFormat;
  columns: readonly string[];
  read(caller: Identity, page: { cursor: string | undefined; limit: number }): Promise<Page<object>>;
}

/**
 * Writes a list as a file, as fast as it is taken and not faster. An answer that does not come to its end is cut and not ended:
 * nobody takes a part for the whole.
 */
@Injectable()
export class Exports implements OnModuleDestroy {
  readonly #log: Logger;
  readonly #guard: AccessGuard;
  /** As for event streams: what a right that was taken away still gets. */
  readonly #lookAtRightEveryMs: number;
  readonly #places = new CallerPlaces('exports', PLACES);
  readonly #open = new Set<Response>();

  constructor(@Inject(PARTS) parts: ApiParts, @Inject(AccessGuard) guard: AccessGuard) {
    this.#log = parts.log.child({ part: 'exports' });
    this.#guard = guard;
    this.#lookAtRightEveryMs = { ...STREAM_LIMITS, ...parts.streams }.lookAtRightsEveryMs;
  }

  /** @throws ApiProblem before anything was sent; later the caller cuts the answer */
  async serve<Place>(order: ExportOrder<Place>): Promise<void> {
    const { operation, request, response, identity } = order;
    response.type(order.form.contentType);
    // Express hands HEAD to whoever takes GET; its answer has no body that could be written.
    if (request.method === 'HEAD') return void response.end();
    const leave = this.#places.take(identity);
    this.#open.add(response);
    const written = { items: 0 };
    try {
      await this.#write(order, written);
    } finally {
      this.#open.delete(response);
      leave();
      const facts = { requestId: request.requestId, caller: identity.name, operation, ...written };
      if (response.writableEnded) this.#log.info(facts, 'exported');
      else if (response.headersSent) this.#log.info(facts, 'export broke off');
    }
  }

  /** The same, of a list that is asked for page by page. */
  serveList({ format, columns, read, ...order }: ListExportOrder): Promise<void> {
    return this.serve<string>({
      ...order,
      form: exportForm(format, columns),
      read: async (caller, { after, size }) => {
        const { items, nextCursor } = await read(caller, { cursor: after, limit: size });
        return { items, next: nextCursor };
      },
    });
  }

  onModuleDestroy(): void {
    for (const response of this.#open) response.destroy();
  }

  async #write<Place>(order: ExportOrder<Place>, written: { items: number }): Promise<void> {
    const { operation, request, response, name, form, read } = order;
    const limit = order.limit ?? Number.POSITIVE_INFINITY;
    let caller = order.identity;
    let lookedAtMs = performance.now();
    const readAfter = (after?: Place) =>
      read(caller, { after, size: Math.min(ITEMS_A_PIECE, limit - written.items) });
    let piece = await readAfter();
    response.setHeader('Content-Disposition', `attachment; filename="${name}.${form.ending}"`);
    response.flushHeaders();
    response.write(form.head);
    for (;;) {
      if (response.destroyed) return;
      response.write(form.write(piece.items, written.items));
      written.items += piece.items.length;
      await taken(response);
      if (piece.next === null || written.items >= limit) break;
      if (performance.now() - lookedAtMs >= this.#lookAtRightEveryMs) {
        const still = await this.#guard.findStillAllowed(request, OPERATIONS[operation]);
        if (!still) throw new ApiProblem('forbidden', 'The right to it was taken away.');
        caller = still;
        lookedAtMs = performance.now();
      }
      piece = await readAfter(piece.next);
    }
    if (!response.destroyed) response.end(form.tail);
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
