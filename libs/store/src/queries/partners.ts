import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { inOrder, type Page, type PageRequest, searchNamedIds } from './page.ts';
import { partnerIsWithin, resolveScope, type Scope } from './scope.ts';

export interface PartnerRecord {
  id: string;
  name: string;
  createdAt: Date;
}

/** By name. */
export async function searchPartners(
  db: Tx,
  scope: Scope,
  request: PageRequest,
): Promise<Page<PartnerRecord>> {
  const within = partnerIsWithin(await resolveScope(db, scope));
  const { ids, nextCursor } = await searchNamedIds(db, 'partner', [within], request);
  return { items: await readPartners(db, ids), nextCursor };
}

export async function findPartner(db: Tx, scope: Scope, name: string): Promise<PartnerRecord | null> {
  const conditions = [Prisma.sql`partner.name = ${name}`, partnerIsWithin(await resolveScope(db, scope))];
  const { ids } = await searchNamedIds(db, 'partner', conditions, { limit: 1 });
  return (await readPartners(db, ids))[0] ?? null;
}

async function readPartners(db: Tx, ids: string[]): Promise<PartnerRecord[]> {
  if (ids.length === 0) return [];
  return inOrder(ids, await db.partner.findMany({ where: { id: { in: ids } } }));
}
