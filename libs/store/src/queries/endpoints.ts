import type { Endpoint } from '#domain';
import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { inOrder, type Page, type PageRequest, searchNamedIds } from './page.ts';
import { type RecordedPause, recordedPause } from './recorded-pause.ts';
import { endpointIsOwned, endpointIsWithin, resolveScope, type Scope } from './scope.ts';

export interface EndpointRecord {
  id: string;
  /** As configured; references to secrets, never a secret. */
  endpoint: Endpoint;
  paused: RecordedPause | null;
  createdAt: Date;
  updatedAt: Date;
}

/** By name. */
export async function searchEndpoints(
  db: Tx,
  scope: Scope,
  request: PageRequest,
): Promise<Page<EndpointRecord>> {
  const within = endpointIsWithin(await resolveScope(db, scope));
  const { ids, nextCursor } = await searchNamedIds(db, 'endpoint', [within], request);
  return { items: await readEndpoints(db, ids), nextCursor };
}

export async function findEndpoint(db: Tx, scope: Scope, name: string): Promise<EndpointRecord | null> {
  const conditions = [Prisma.sql`endpoint.name = ${name}`, endpointIsWithin(await resolveScope(db, scope))];
  const { ids } = await searchNamedIds(db, 'endpoint', conditions, { limit: 1 });
  return (await readEndpoints(db, ids))[0] ?? null;
}

/** Whether the scope may stop it, or have it examined: what it may see is not always its own. */
export async function ownsEndpoint(db: Tx, scope: Scope, name: string): Promise<boolean> {
  const conditions = [Prisma.sql`endpoint.name = ${name}`, endpointIsOwned(await resolveScope(db, scope))];
  const { ids } = await searchNamedIds(db, 'endpoint', conditions, { limit: 1 });
  return ids.length === 1;
}

async function readEndpoints(db: Tx, ids: string[]): Promise<EndpointRecord[]> {
  if (ids.length === 0) return [];
  const rows = await db.endpoint.findMany({ where: { id: { in: ids } } });
  return inOrder(ids, rows).map((row) => ({
    id: row.id,
    endpoint: row.settings as unknown as Endpoint,
    paused: recordedPause(row),
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  }));
}
