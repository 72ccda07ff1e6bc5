import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { AuditEventObject, InputOf, Page } from '#contract';
import type { Identity } from '#identity';
import { searchEvents } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Caller, Input, Operation, type WaybillRequest } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { momentOf } from '../stored-values.ts';
import { toEvent } from './audit-event-object.ts';
import { AuditExports } from './audit-export.ts';

@Controller()
export class AuditController {
  readonly #parts: ApiParts;
  readonly #exports: AuditExports;

  constructor(@Inject(PARTS) parts: ApiParts, @Inject(AuditExports) exports: AuditExports) {
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
    // Express hands HEAD to whoever takes GET; its answer has no body that could be written.
    if (request.method === 'HEAD') return void response.end();
    const range = { from: momentOf(query.from), to: momentOf(query.to) ?? (await this.#untilNow()) };
    await this.#exports.serve({ request, response, identity, range });
  }

  /** The next millisecond: a Date would cut off what was recorded in this one. */
  async #untilNow(): Promise<Date> {
    return new Date((await this.#parts.store.now()).getTime() + 1);
  }
}
