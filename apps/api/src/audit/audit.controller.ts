import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { AuditEventObject, InputOf, Page } from '#contract';
import type { Identity } from '#identity';
import { type EventPlace, readEventPiece, searchEvents } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { WHOLE_LINES } from '../exports/export-form.ts';
import { Exports } from '../exports/exports.ts';
import { Caller, Input, Operation, type WaybillRequest } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { momentOf } from '../stored-values.ts';
import { toEvent } from './audit-event-object.ts';

@Controller()
export class AuditController {
  readonly #parts: ApiParts;
  readonly #exports: Exports;

  constructor(@Inject(PARTS) parts: ApiParts, @Inject(Exports) exports: Exports) {
    this.#parts = parts;
    this.#exports = exports;
  }

  @Operation('listAuditEvents')
  list(
    @Input() input: InputOf<'listAuditEvents'>,
    @Caller() caller: Identity,
  ): Promise<Page<AuditEventObject>> {
    return toPage(searchEvents(this.#parts.store.db, caller, input.query), toEvent);
  }

  @Operation('exportAuditEvents')
  async export(
    @Input() { query }: InputOf<'exportAuditEvents'>,
    @Caller() identity: Identity,
    @Req() request: WaybillRequest,
    @Res() response: Response,
  ): Promise<void> {
    const range = { from: momentOf(query.from), to: momentOf(query.to) ?? (await this.#untilNow()) };
    await this.#exports.serve<EventPlace>({
      operation: 'exportAuditEvents',
      request,
      response,
      identity,
      name: 'waybill-audit',
      form: WHOLE_LINES,
      read: async (caller, { after = null, size }) => {
        const { events, next } = await readEventPiece(this.#parts.store.db, caller, range, { after, size });
        return { items: events.map(toEvent), next };
      },
    });
  }

  /** The next millisecond: a Date would cut off what was recorded in this one. */
  async #untilNow(): Promise<Date> {
    return new Date((await this.#parts.store.now()).getTime() + 1);
  }
}
