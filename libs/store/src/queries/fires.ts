import type { FireOutcome } from '#domain';
import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { inOrder, type Page, type PageRequest, searchIds } from './page.ts';
import { fireIsWithin, firePlaces, narrowToPartner, resolveScope, type Scope } from './scope.ts';

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
  /** Name of a partner that the route's source or destination belongs to. */
  partner?: string | undefined;
  outcome?: FireOutcome | undefined;
  /** Due at or after. */
  since?: Date | undefined;
  /** Due at or before. */
  until?: Date | undefined;
}

/** The latest due moment first. */
export async function searchFires(db: Tx, scope: Scope, search: FireSearch): Promise<Page<FireRecord>> {
  const reached = await resolveScope(db, scope);
  const within = search.partner === undefined ? reached : await narrowToPartner(db, reached, search.partner);
  const places = firePlaces(within);
  // What is in these places is within.
  const conditions = places ? [] : [fireIsWithin(within)];
  if (search.route !== undefined)
    conditions.push(Prisma.sql`fire.schedule_id = (
      SELECT schedule.id FROM schedule JOIN transfer_route ON transfer_route.id = schedule.route_id
       WHERE transfer_route.name = ${search.route})`);
  if (search.outcome !== undefined) conditions.push(Prisma.sql`fire.outcome = ${search.outcome}`);
  if (search.since !== undefined) conditions.push(Prisma.sql`fire.due_at >= ${search.since}`);
  if (search.until !== undefined) conditions.push(Prisma.sql`fire.due_at <= ${search.until}`);
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
