import type { FireOutcome } from '#domain';
import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { inOrder, type Page, type PageRequest, searchIds } from './page.ts';
import { fireIsWithin, firePlaces, resolveScope, type Scope } from './scope.ts';

export interface FireRecord {
  id: string;
  route: string;
  dueAt: Date;
  recordedAt: Date;
  outcome: FireOutcome;
  reason: string | null;
  runId: string | null;
}

export interface FireSearch extends PageRequest {
  route?: string | undefined;
}

/** The latest due moment first. */
export async function searchFires(db: Tx, scope: Scope, search: FireSearch): Promise<Page<FireRecord>> {
  const within = await resolveScope(db, scope);
  const places = firePlaces(within);
  // What is in these places is within.
  const conditions = places ? [] : [fireIsWithin(within)];
  if (search.route !== undefined)
    conditions.push(Prisma.sql`fire.schedule_id = (
      SELECT schedule.id FROM schedule JOIN transfer_route ON transfer_route.id = schedule.route_id
       WHERE transfer_route.name = ${search.route})`);
  const { ids, nextCursor } = await searchIds(db, 'fire', Prisma.sql`fire`, conditions, search, places);
  const rows = await db.fire.findMany({
    where: { id: { in: ids } },
    include: { run: { select: { id: true } }, schedule: { select: { route: { select: { name: true } } } } },
  });
  const items = inOrder(ids, rows).map((row) => ({
    id: row.id,
    route: row.schedule.route.name,
    dueAt: row.dueAt,
    recordedAt: row.recordedAt,
    outcome: row.outcome as FireOutcome,
    reason: row.reason,
    runId: row.run?.id ?? null,
  }));
  return { items, nextCursor };
}
