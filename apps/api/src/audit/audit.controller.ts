import { Controller, Inject } from '@nestjs/common';
import type { AuditEventObject, InputOf, Page } from '#contract';
import type { Identity } from '#identity';
import { type EventRecord, searchEvents } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Caller, Input, Operation } from '../http/operation.ts';
import { toPage } from '../paging.ts';

@Controller()
export class AuditController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listAuditEvents')
  list(
    @Input() input: InputOf<'listAuditEvents'>,
    @Caller() caller: Identity,
  ): Promise<Page<AuditEventObject>> {
    return toPage(searchEvents(this.#parts.store.db, caller, input.query), toEvent);
  }
}

function toEvent({ id, at, ...said }: EventRecord): AuditEventObject {
  return { id: String(id), at: at.toISOString(), ...said };
}
