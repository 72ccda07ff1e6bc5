import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { type InputOf, MOST_TLS_BUCKETS, type Page, type TlsNegotiation, type TlsSummary } from '#contract';
import type { Identity } from '#identity';
import { countNegotiations, searchNegotiations } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Exports } from '../exports/exports.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation, type WaybillRequest } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { momentOf } from '../stored-values.ts';
import { toTlsNegotiation } from './tls-negotiation-object.ts';
import { bucketStarts, toSeries } from './tls-summary.ts';

const USUAL_TIME_MS = 30 * 86_400_000;

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

  @Operation('summarizeTlsNegotiations')
  async summarize(
    @Input() { query }: InputOf<'summarizeTlsNegotiations'>,
    @Caller() caller: Identity,
  ): Promise<TlsSummary> {
    const { store } = this.#parts;
    const { bucket, timezone } = query;
    const to = momentOf(query.to) ?? (await store.now());
    const from = momentOf(query.from) ?? new Date(to.getTime() - USUAL_TIME_MS);
    if (from > to) throw refused('query.from', 'must not be after `to`');
    const starts = bucketStarts({ from, to }, bucket, timezone);
    if (!starts)
      throw refused(
        'query.bucket',
        `makes more than ${MOST_TLS_BUCKETS} of that time: ask for longer ones, or for less time`,
      );
    const rows = await countNegotiations(store.db, caller, { ...query, starts, to });
    return {
      bucket,
      timezone,
      from: starts[0]!.toISOString(),
      to: to.toISOString(),
      buckets: starts.map((start) => start.toISOString()),
      ...toSeries(rows, starts.length),
    };
  }
}

function refused(path: string, message: string): ApiProblem {
  return new ApiProblem('invalid_request', `${path}: ${message}`, [{ path, message }]);
}
