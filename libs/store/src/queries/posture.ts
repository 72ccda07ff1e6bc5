import type {
  CapabilityProfile,
  Endpoint,
  FtpsEndpoint,
  LegacyPolicy,
  PeerCertificate,
  TlsNegotiation,
} from '#domain';
import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { inOrder, type Page, type PageRequest, searchNamedIds } from './page.ts';
import { endpointIsWithin, negotiationIsWithin, resolveScope, type Scope, type Within } from './scope.ts';

/** Of the newest connections of an endpoint that are looked at. */
export const MOST_CONNECTIONS = 1_000;
/** A server may show another one each time. */
const MOST_CERTIFICATES = 10;

/** Connections of an endpoint that are alike. */
export interface SeenConnections {
  channel: TlsNegotiation['channel'];
  /** Of a data connection: it carried a listing. */
  listing: boolean;
  verdict: TlsNegotiation['verdict'];
  protocol: string | null;
  cipher: string | null;
  keyExchangeGroup: string | null;
  resumed: boolean;
  legacyPolicy: LegacyPolicy | null;
  closeNotify: 'seen' | 'not_seen' | 'unobserved' | null;
  error: string | null;
  count: number;
  firstAt: Date;
  lastAt: Date;
}

/** A certificate that an endpoint has shown as its own. */
export interface SeenCertificate extends PeerCertificate {
  /** Of the last connection that showed it. */
  verdict: TlsNegotiation['verdict'];
  count: number;
  lastAt: Date;
}

export interface PostureRecord {
  endpoint: FtpsEndpoint;
  connections: SeenConnections[];
  /** The one shown last first. */
  certificates: SeenCertificate[];
  /** What the doctor saw last that the server can do. */
  profile: CapabilityProfile | null;
}

export interface PostureSearch extends PageRequest {
  endpoint?: string | undefined;
  partner?: string | undefined;
  /** Connections begun at or after. */
  from: Date;
  /** Connections begun at or before. */
  to: Date;
}

/** What the handshakes of partners' endpoints show, by the names of the endpoints. */
export async function searchPosture(
  db: Tx,
  scope: Scope,
  search: PostureSearch,
): Promise<Page<PostureRecord>> {
  const within = await resolveScope(db, scope);
  const conditions = [endpointIsWithin(within), Prisma.sql`endpoint.protocol <> 'local'`];
  if (search.endpoint !== undefined) conditions.push(Prisma.sql`endpoint.name = ${search.endpoint}`);
  if (search.partner !== undefined)
    conditions.push(
      Prisma.sql`endpoint.partner_id IN (SELECT id FROM partner WHERE partner.name = ${search.partner})`,
    );
  const { ids, nextCursor } = await searchNamedIds(db, 'endpoint', conditions, search);
  if (ids.length === 0) return { items: [], nextCursor };
  const seen = seenConnections(within, ids, search);
  // One after the other: a question takes one connection, whatever it asks for.
  const rows = await db.endpoint.findMany({
    where: { id: { in: ids } },
    select: { id: true, settings: true },
  });
  const connections = await readConnections(db, seen);
  const certificates = await readCertificates(db, seen);
  const profiles = await readProfiles(db, ids);
  const items = inOrder(ids, rows).map(({ id, settings }) => ({
    endpoint: settings as unknown as Endpoint as FtpsEndpoint,
    connections: (connections.get(id) ?? []).map(({ of: _, ...each }) => each),
    certificates: (certificates.get(id) ?? []).map(({ of: _, leaf, ...each }) => ({ ...leaf, ...each })),
    profile: profiles.get(id)?.[0]?.profile ?? null,
  }));
  return { items, nextCursor };
}

/** Bounded before anything else is asked of them: an endpoint may have had millions. */
function seenConnections(within: Within, ids: readonly string[], { from, to }: PostureSearch): Prisma.Sql {
  return Prisma.sql`(
    SELECT endpoint.id::text AS "of", tls_negotiation.* FROM endpoint CROSS JOIN LATERAL (
      SELECT * FROM tls_negotiation
       WHERE tls_negotiation.endpoint = endpoint.name
         AND tls_negotiation.started_at >= ${from}::timestamptz AND tls_negotiation.started_at <= ${to}::timestamptz
       ORDER BY tls_negotiation.started_at DESC LIMIT ${MOST_CONNECTIONS}) AS tls_negotiation
     WHERE endpoint.id = ANY (${[...ids]}::uuid[]) AND ${negotiationIsWithin(within)}) AS seen`;
}

/** The endpoint's id. */
interface Of {
  of: string;
}

/** What runs did. The doctor offers a server one cipher after the other, which tells nothing of what is in use. */
async function readConnections(db: Tx, seen: Prisma.Sql): Promise<Map<string, (SeenConnections & Of)[]>> {
  const rows = await db.$queryRaw<(SeenConnections & Of)[]>`
    SELECT "of", channel, command IN ('LIST', 'MLSD', 'NLST') AS listing, verdict, protocol, cipher,
           key_exchange_group AS "keyExchangeGroup", resumed, legacy_policy AS "legacyPolicy", close_notify AS "closeNotify", error,
           count(*)::int AS count, min(started_at) AS "firstAt", max(started_at) AS "lastAt"
      FROM ${seen} WHERE run_id IS NOT NULL
     GROUP BY "of", channel, command IN ('LIST', 'MLSD', 'NLST'), verdict, protocol, cipher, key_exchange_group, resumed,
              legacy_policy, close_notify, error`;
  return Map.groupBy(rows, ({ of }) => of);
}

type CertificateRow = Omit<SeenCertificate, keyof PeerCertificate> & Of & { leaf: PeerCertificate };

async function readCertificates(db: Tx, seen: Prisma.Sql): Promise<Map<string, CertificateRow[]>> {
  const rows = await db.$queryRaw<CertificateRow[]>`
    SELECT "of", leaf, verdict, count, "lastAt" FROM (
      SELECT "of", leaf, (array_agg(verdict ORDER BY started_at DESC))[1] AS verdict, count(*)::int AS count,
             max(started_at) AS "lastAt", row_number() OVER (PARTITION BY "of" ORDER BY max(started_at) DESC) AS place
        FROM (SELECT "of", peer_certificates -> 0 AS leaf, verdict, started_at FROM ${seen}
               WHERE jsonb_array_length(peer_certificates) > 0) AS shown
       GROUP BY "of", leaf) AS certificate
     WHERE place <= ${MOST_CERTIFICATES}
     ORDER BY "of", place`;
  return Map.groupBy(rows, ({ of }) => of);
}

async function readProfiles(
  db: Tx,
  ids: readonly string[],
): Promise<Map<string, ({ profile: CapabilityProfile } & Of)[]>> {
  const rows = await db.$queryRaw<({ profile: CapabilityProfile } & Of)[]>`
    SELECT endpoint.id::text AS "of", last.profile FROM endpoint CROSS JOIN LATERAL (
      SELECT profile FROM probe WHERE probe.endpoint = endpoint.name AND state = 'done' AND profile IS NOT NULL
       ORDER BY created_at DESC LIMIT 1) AS last
     WHERE endpoint.id = ANY (${[...ids]}::uuid[])`;
  return Map.groupBy(rows, ({ of }) => of);
}
