import type { TransferRoute } from '#domain';
import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { inOrder, type Page, type PageRequest, searchNamedIds } from './page.ts';
import { type RecordedPause, recordedPause } from './recorded-pause.ts';
import { isWhole, resolveScope, routeIsWithin, type Scope } from './scope.ts';

export interface RouteRecord {
  id: string;
  route: TransferRoute;
  /** Whose endpoints it leads from and to, by name. */
  partners: string[];
  nextFireAt: Date | null;
  paused: RecordedPause | null;
  createdAt: Date;
  updatedAt: Date;
}

/** On the row `transfer_route`: whose endpoints it leads from and to, by name. */
export const partnersOfRoute = Prisma.sql`ARRAY(
  SELECT DISTINCT partner.name COLLATE "C" FROM endpoint JOIN partner ON partner.id = endpoint.partner_id
   WHERE endpoint.id IN (transfer_route.source_endpoint_id, transfer_route.destination_endpoint_id)
   ORDER BY 1)`;

/** By name. */
export async function searchRoutes(db: Tx, scope: Scope, request: PageRequest): Promise<Page<RouteRecord>> {
  const within = routeIsWithin(await resolveScope(db, scope), Prisma.sql`transfer_route.id`);
  const { ids, nextCursor } = await searchNamedIds(db, 'transfer_route', [within], request);
  return { items: await readRoutes(db, ids), nextCursor };
}

export async function findRoute(db: Tx, scope: Scope, name: string): Promise<RouteRecord | null> {
  return (await readRoutes(db, await findIds(db, scope, name)))[0] ?? null;
}

/**
 * Whether a route of this name is within the scope. Where everything is, nothing is asked: whoever uses the route finds out
 * whether it is there.
 */
export async function mayUseRoute(db: Tx, scope: Scope, name: string): Promise<boolean> {
  return isWhole(scope) || (await findIds(db, scope, name)).length === 1;
}

async function findIds(db: Tx, scope: Scope, name: string): Promise<string[]> {
  const conditions = [
    Prisma.sql`transfer_route.name = ${name}`,
    routeIsWithin(await resolveScope(db, scope), Prisma.sql`transfer_route.id`),
  ];
  return (await searchNamedIds(db, 'transfer_route', conditions, { limit: 1 })).ids;
}

async function readRoutes(db: Tx, ids: string[]): Promise<RouteRecord[]> {
  if (ids.length === 0) return [];
  const rows = await db.transferRoute.findMany({
    where: { id: { in: ids } },
    include: {
      schedule: { select: { nextFireAt: true } },
      source: { select: { partner: { select: { name: true } } } },
      destination: { select: { partner: { select: { name: true } } } },
    },
  });
  return inOrder(ids, rows).map((row) => ({
    id: row.id,
    route: { ...(row.definition as unknown as TransferRoute), enabled: row.enabled },
    partners: [
      ...new Set([row.source, row.destination].flatMap(({ partner }) => partner?.name ?? [])),
    ].sort(),
    nextFireAt: row.schedule?.nextFireAt ?? null,
    paused: recordedPause(row),
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  }));
}
