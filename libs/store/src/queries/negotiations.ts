import type { TlsClosing, TlsNegotiation } from '#domain';
import { Prisma, type TlsNegotiation as Row } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { inOrder, isUuid, type Page, type PageRequest, searchIds } from './page.ts';
import { negotiationIsWithin, negotiationPlaces, resolveScope, type Scope } from './scope.ts';

/** The handshake as the adapter reported it, whom it served, and how its connection ended. */
export interface NegotiationRecord extends TlsNegotiation {
  runId: string | null;
  attemptId: string | null;
  closeNotify: TlsClosing['closeNotify'] | null;
  bytesPlain: bigint | null;
  bytesWire: bigint | null;
  closedAt: Date | null;
}

export interface NegotiationSearch extends PageRequest {
  runId?: string | undefined;
  attemptId?: string | undefined;
  endpoint?: string | undefined;
  partner?: string | undefined;
  channel?: TlsNegotiation['channel'] | undefined;
  /** `TLSv1.2`, `TLSv1.3`. */
  version?: string | undefined;
  cipher?: string | undefined;
  verdict?: TlsNegotiation['verdict'] | undefined;
  resumed?: boolean | undefined;
  /** Started at or after. */
  from?: Date | undefined;
  /** Started at or before. */
  to?: Date | undefined;
}

/** Newest first. */
export async function searchNegotiations(
  db: Tx,
  scope: Scope,
  search: NegotiationSearch,
): Promise<Page<NegotiationRecord>> {
  const { runId, attemptId } = search;
  if ((runId !== undefined && !isUuid(runId)) || (attemptId !== undefined && !isUuid(attemptId)))
    return { items: [], nextCursor: null };
  const within = await resolveScope(db, scope);
  const { ids, nextCursor } = await searchIds(
    db,
    'tls_negotiation',
    Prisma.sql`tls_negotiation`,
    [negotiationIsWithin(within), ...conditionsOf(search)],
    search,
    // Of one run or attempt there are few, whoever may see them.
    runId === undefined && attemptId === undefined ? negotiationPlaces(within) : undefined,
  );
  const rows = await db.tlsNegotiation.findMany({ where: { id: { in: ids } } });
  return { items: inOrder(ids, rows).map(negotiationRecord), nextCursor };
}

function conditionsOf(search: NegotiationSearch): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [];
  if (search.runId !== undefined) conditions.push(Prisma.sql`tls_negotiation.run_id = ${search.runId}::uuid`);
  if (search.attemptId !== undefined)
    conditions.push(Prisma.sql`tls_negotiation.attempt_id = ${search.attemptId}::uuid`);
  if (search.endpoint !== undefined)
    conditions.push(Prisma.sql`tls_negotiation.endpoint = ${search.endpoint}`);
  if (search.partner !== undefined) {
    conditions.push(Prisma.sql`tls_negotiation.endpoint_id IN (
      SELECT endpoint.id FROM endpoint JOIN partner ON partner.id = endpoint.partner_id
       WHERE partner.name = ${search.partner})`);
  }
  if (search.channel !== undefined) conditions.push(Prisma.sql`tls_negotiation.channel = ${search.channel}`);
  if (search.version !== undefined) conditions.push(Prisma.sql`tls_negotiation.protocol = ${search.version}`);
  if (search.cipher !== undefined) conditions.push(Prisma.sql`tls_negotiation.cipher = ${search.cipher}`);
  if (search.verdict !== undefined) conditions.push(Prisma.sql`tls_negotiation.verdict = ${search.verdict}`);
  if (search.resumed !== undefined) conditions.push(Prisma.sql`tls_negotiation.resumed = ${search.resumed}`);
  if (search.from !== undefined) conditions.push(Prisma.sql`tls_negotiation.started_at >= ${search.from}`);
  if (search.to !== undefined) conditions.push(Prisma.sql`tls_negotiation.started_at <= ${search.to}`);
  return conditions;
}

export function negotiationRecord({ endpointId: _, ...row }: Row): NegotiationRecord {
  return {
    ...row,
    channel: row.channel as TlsNegotiation['channel'],
    mode: row.mode as TlsNegotiation['mode'],
    peerCertificates: row.peerCertificates as unknown as TlsNegotiation['peerCertificates'],
    nameCheck: row.nameCheck as TlsNegotiation['nameCheck'],
    pinCheck: row.pinCheck as TlsNegotiation['pinCheck'],
    chainCheck: row.chainCheck as TlsNegotiation['chainCheck'],
    verdict: row.verdict as TlsNegotiation['verdict'],
    legacyPolicy: row.legacyPolicy as TlsNegotiation['legacyPolicy'],
    closeNotify: row.closeNotify as NegotiationRecord['closeNotify'],
  };
}
