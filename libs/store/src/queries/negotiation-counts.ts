import type { TlsNegotiation } from '#domain';
import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { whereAll } from './page.ts';
import { endpointIsWithin, resolveScope, runIsWithin, type Scope } from './scope.ts';

export interface CountedNegotiations {
  /** Which of the beginnings it is, from 0. */
  bucket: number;
  protocol: string | null;
  cipher: string | null;
  verdict: TlsNegotiation['verdict'];
  count: number;
}

export interface NegotiationCounting {
  endpoint?: string | undefined;
  partner?: string | undefined;
  channel?: TlsNegotiation['channel'] | undefined;
  /** When each bucket begins; the first is not empty. */
  starts: readonly Date[];
  /** Started at or before. */
  to: Date;
}

/**
 * The handshakes of runs, counted. What the doctor offers a server tells nothing of what is in use. Of each endpoint its time alone is
 * read, and from an index that has all that is asked for: the rows themselves are long.
 */
export async function countNegotiations(
  db: Tx,
  scope: Scope,
  { endpoint, partner, channel, starts, to }: NegotiationCounting,
): Promise<CountedNegotiations[]> {
  const within = await resolveScope(db, scope);
  const conditions = [
    endpointIsWithin(within),
    // Plainly equal beside the equal name, PostgreSQL believes that hardly a row is left, and looks up each run by itself.
    Prisma.sql`CASE WHEN tls_negotiation.endpoint_id = endpoint.id THEN TRUE END`,
    Prisma.sql`tls_negotiation.run_id IS NOT NULL`,
    Prisma.sql`tls_negotiation.started_at >= ${starts[0]}::timestamptz AND tls_negotiation.started_at <= ${to}::timestamptz`,
  ];
  if (endpoint !== undefined) conditions.push(Prisma.sql`endpoint.name = ${endpoint}`);
  if (partner !== undefined)
    conditions.push(Prisma.sql`endpoint.partner_id = (SELECT id FROM partner WHERE name = ${partner})`);
  if (channel !== undefined) conditions.push(Prisma.sql`tls_negotiation.channel = ${channel}`);
  // All runs that are within at once: here every one of them is asked for.
  if (within !== 'everything')
    conditions.push(
      Prisma.sql`tls_negotiation.run_id IN (SELECT run.id FROM run WHERE ${runIsWithin(within)})`,
    );
  return db.$queryRaw<CountedNegotiations[]>`
    SELECT width_bucket(tls_negotiation.started_at, ${starts.map((start) => start.toISOString())}::timestamptz[]) - 1 AS bucket,
           tls_negotiation.protocol, tls_negotiation.cipher, tls_negotiation.verdict, count(*)::int AS count
      FROM endpoint JOIN tls_negotiation ON tls_negotiation.endpoint = endpoint.name
     ${whereAll(conditions)}
     GROUP BY 1, 2, 3, 4`;
}
