import { Controller, Inject } from '@nestjs/common';
import type { Fire, InputOf, Page } from '#contract';
import type { Identity } from '#identity';
import { type FireRecord, searchFires } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { toPage } from '../paging.ts';
import { momentOf } from '../stored-values.ts';

@Controller()
export class FiresController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listFires')
  list(@Input() { query }: InputOf<'listFires'>, @Caller() caller: Identity): Promise<Page<Fire>> {
    const search = { ...query, since: momentOf(query.since), until: momentOf(query.until) };
    return toPage(searchFires(this.#parts.store.db, caller, search), toFire);
  }
}

function toFire({ dueAt, recordedAt, ...fire }: FireRecord): Fire {
  return { ...fire, dueAt: dueAt.toISOString(), recordedAt: recordedAt.toISOString() };
}
