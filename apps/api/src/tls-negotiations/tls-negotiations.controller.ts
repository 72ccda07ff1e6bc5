import { Controller, Inject } from '@nestjs/common';
import type { InputOf, Page, TlsNegotiation } from '#contract';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Input, Operation } from '../http/operation.ts';
import { listTlsNegotiations } from './tls-negotiations.queries.ts';

@Controller()
export class TlsNegotiationsController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listTlsNegotiations')
  list(@Input() input: InputOf<'listTlsNegotiations'>): Promise<Page<TlsNegotiation>> {
    return listTlsNegotiations(this.#parts.store, input.query);
  }
}
