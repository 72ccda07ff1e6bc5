import type { TransferRoute } from '#domain';
import type { Tx } from '../open-store.ts';

export interface RouteRecord {
  id: string;
  route: TransferRoute;
  nextFireAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

const WITH_SCHEDULE = { schedule: { select: { nextFireAt: true } } } as const;

export async function listRoutes(db: Tx): Promise<RouteRecord[]> {
  return (await db.transferRoute.findMany({ include: WITH_SCHEDULE, orderBy: { name: 'asc' } })).map(record);
}

export async function findRoute(db: Tx, name: string): Promise<RouteRecord | null> {
  const row = await db.transferRoute.findUnique({ where: { name }, include: WITH_SCHEDULE });
  return row && record(row);
}

function record(row: {
  id: string;
  definition: unknown;
  createdAt: Date;
  updatedAt: Date;
  schedule: { nextFireAt: Date | null } | null;
}): RouteRecord {
  return {
    id: row.id,
    route: row.definition as TransferRoute,
    nextFireAt: row.schedule?.nextFireAt ?? null,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
