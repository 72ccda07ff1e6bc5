import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { InputOf, Page, TlsNegotiation } from '#contract';
import type { Identity } from '#identity';
import { searchNegotiations } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Exports } from '../exports/exports.ts';
import { Caller, Input, Operation, type WaybillRequest } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { momentOf } from '../stored-values.ts';
import { toTlsNegotiation } from './tls-negotiation-object.ts';

@Controller()
export class TlsNegotiationsController {
  readonly #parts: ApiParts;
  readonly #exports: Exports;

  constructor(@Inject(PARTS) parts: ApiParts, @Inject(Exports) exports: Exports) {
    this.#parts = parts;
    this.#exports = exports;
  }

  @Operation('listTlsNegotiations')
  list(
    @Input() { query }: InputOf<'listTlsNegotiations'>,
    @Caller() caller: Identity,
  ): Promise<Page<TlsNegotiation>> {
    return this.#search(caller, query);
  }

  @Operation('exportTlsNegotiations')
  export(
    @Input() { query }: InputOf<'exportTlsNegotiations'>,
    @Caller() identity: Identity,
    @Req() request: WaybillRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { format, columns, limit, ...filters } = query;
    return this.#exports.serveList({
      operation: 'exportTlsNegotiations',
      request,
      response,
      identity,
      name: 'waybill-tls-negotiations',
      format,
      columns,
      limit,
      read: (caller, page) => this.#search(caller, { ...filters, ...page }),
    });
  }

  #search(caller: Identity, query: InputOf<'listTlsNegotiations'>['query']): Promise<Page<TlsNegotiation>> {
    const search = {
      ...query,
      resumed: query.resumed && query.resumed === 'true',
      from: momentOf(query.from),
      to: momentOf(query.to),
    };
    return toPage(searchNegotiations(this.#parts.store.db, caller, search), toTlsNegotiation);
  }
}
