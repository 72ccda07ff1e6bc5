import { Controller, Inject } from '@nestjs/common';
import type { Fire, InputOf, Page } from '#contract';
import type { FireOutcome } from '#domain';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Input, Operation } from '../http/operation.ts';
import { afterRow, makePage } from '../paging.ts';

@Controller()
export class FiresController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('listFires')
  list(@Input() input: InputOf<'listFires'>): Promise<Page<Fire>> {
    const { route } = input.query;
    return makePage(
      { name: 'fires', key: 'uuid', keyOf: (row: FireRow) => row.id, toItem: toFire },
      input.query,
      ({ take, after }) =>
        this.#parts.store.db.fire.findMany({
          ...(route !== undefined && { where: { schedule: { route: { name: route } } } }),
          orderBy: [{ dueAt: 'desc' }, { id: 'desc' }],
          take,
          ...afterRow(after),
          include: {
            run: { select: { id: true } },
            schedule: { select: { route: { select: { name: true } } } },
          },
        }),
    );
  }
}

interface FireRow {
  id: string;
  schedule: { route: { name: string } };
  dueAt: Date;
  recordedAt: Date;
  outcome: string;
  reason: string | null;
  run: { id: string } | null;
}

function toFire(row: FireRow): Fire {
  return {
    id: row.id,
    route: row.schedule.route.name,
    dueAt: row.dueAt.toISOString(),
    recordedAt: row.recordedAt.toISOString(),
    outcome: row.outcome as FireOutcome,
    reason: row.reason,
    runId: row.run?.id ?? null,
  };
}
