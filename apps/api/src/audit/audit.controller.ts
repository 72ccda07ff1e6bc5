import { Controller, Inject } from '@nestjs/common';
import type { AuditEventObject, InputOf, Page } from '#contract';
import type { Actor, AuditObject } from '#domain';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Input, Operation } from '../http/operation.ts';
import { afterRow, makePage } from '../paging.ts';

@Controller()
export class AuditController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listAuditEvents')
  list(@Input() input: InputOf<'listAuditEvents'>): Promise<Page<AuditEventObject>> {
    const { runId, transferId, object, objectId } = input.query;
    return makePage(
      { name: 'audit-events', key: 'number', keyOf: (row: EventRow) => String(row.id), toItem: toEvent },
      input.query,
      ({ take, after }) =>
        this.#parts.store.db.auditEvent.findMany({
          where: {
            ...(runId !== undefined && { runId }),
            ...(transferId !== undefined && { transferId }),
            ...(object !== undefined && { object }),
            ...(objectId !== undefined && { objectId }),
          },
          orderBy: { id: 'desc' },
          take,
          ...afterRow(after === undefined ? undefined : BigInt(after)),
        }),
    );
  }
}

interface EventRow {
  id: bigint;
  at: Date;
  actorKind: string;
  actorName: string;
  action: string;
  object: string;
  objectId: string;
  runId: string | null;
  transferId: string | null;
  details: unknown;
}

function toEvent(row: EventRow): AuditEventObject {
  return {
    id: String(row.id),
    at: row.at.toISOString(),
    actor: { kind: row.actorKind as Actor['kind'], name: row.actorName },
    action: row.action,
    object: row.object as AuditObject,
    objectId: row.objectId,
    runId: row.runId,
    transferId: row.transferId,
    details: row.details as Record<string, unknown>,
  };
}
