import { Controller, Inject } from '@nestjs/common';
import type { InputOf, Page, TlsNegotiation } from '#contract';
import type { Identity } from '#identity';
import { searchNegotiations } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { momentOf } from '../stored-values.ts';
import { toTlsNegotiation } from './tls-negotiation-object.ts';

@Controller()
export class TlsNegotiationsController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listTlsNegotiations')
  list(
    @Input() { query }: InputOf<'listTlsNegotiations'>,
    @Caller() caller: Identity,
  ): Promise<Page<TlsNegotiation>> {
    const search = {
      ...query,
      resumed: query.resumed && query.resumed === 'true',
      from: momentOf(query.from),
      to: momentOf(query.to),
    };
    return toPage(searchNegotiations(this.#parts.store.db, caller, search), toTlsNegotiation);
  }
}
