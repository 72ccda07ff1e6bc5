import type { ScheduleDefinition } from '#domain';
import type { Tx } from '../open-store.ts';

export interface ScheduleRecord {
  id: string;
  route: string;
  definition: ScheduleDefinition;
  /** null: switched off, or the cron never fires again. */
  nextFireAt: Date | null;
}

const WITH_ROUTE = { route: { select: { name: true } } } as const;

/** Soonest first; those that never fire come last. */
export async function listSchedules(db: Tx): Promise<ScheduleRecord[]> {
  const rows = await db.schedule.findMany({
    include: WITH_ROUTE,
    orderBy: [{ nextFireAt: { sort: 'asc', nulls: 'last' } }, { route: { name: 'asc' } }],
  });
  return rows.map(record);
}

export async function findSchedule(db: Tx, route: string): Promise<ScheduleRecord | null> {
  const row = await db.schedule.findFirst({ where: { route: { name: route } }, include: WITH_ROUTE });
  return row && record(row);
}

function record(row: {
  id: string;
  definition: unknown;
  nextFireAt: Date | null;
  route: { name: string };
}): ScheduleRecord {
  return {
    id: row.id,
    route: row.route.name,
    definition: row.definition as ScheduleDefinition,
    nextFireAt: row.nextFireAt,
  };
}
