import type { Endpoint } from '#domain';
import type { Tx } from '../open-store.ts';

export interface EndpointRecord {
  id: string;
  /** As configured; references to secrets, never a secret. */
  endpoint: Endpoint;
  createdAt: Date;
  updatedAt: Date;
}

export async function listEndpoints(db: Tx): Promise<EndpointRecord[]> {
  return (await db.endpoint.findMany({ orderBy: { name: 'asc' } })).map(record);
}

export async function findEndpoint(db: Tx, name: string): Promise<EndpointRecord | null> {
  const row = await db.endpoint.findUnique({ where: { name } });
  return row && record(row);
}

function record(row: { id: string; settings: unknown; createdAt: Date; updatedAt: Date }): EndpointRecord {
  const { id, createdAt, updatedAt } = row;
  return { id, endpoint: row.settings as Endpoint, createdAt, updatedAt };
}
