import type { Tx } from '../open-store.ts';

export interface PartnerRecord {
  id: string;
  name: string;
  endpoints: string[];
  createdAt: Date;
}

const WITH_ENDPOINTS = { endpoints: { select: { name: true }, orderBy: { name: 'asc' } } } as const;

export async function listPartners(db: Tx): Promise<PartnerRecord[]> {
  return (await db.partner.findMany({ include: WITH_ENDPOINTS, orderBy: { name: 'asc' } })).map(record);
}

export async function findPartner(db: Tx, name: string): Promise<PartnerRecord | null> {
  const row = await db.partner.findUnique({ where: { name }, include: WITH_ENDPOINTS });
  return row && record(row);
}

function record(row: {
  id: string;
  name: string;
  createdAt: Date;
  endpoints: { name: string }[];
}): PartnerRecord {
  const { id, name, createdAt } = row;
  return { id, name, createdAt, endpoints: row.endpoints.map((endpoint) => endpoint.name) };
}
