import type { IncidentKind, RunState, TransferState } from '#domain';
import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { type IncidentRecord, readIncidents, SNOOZE_IS_OVER } from './incidents.ts';
import type { RecordedPause } from './recorded-pause.ts';
import { partnersOfRoute } from './routes.ts';
import {
  endpointIsWithin,
  incidentIsWithin,
  resolveScope,
  routeIsWithin,
  runIsWithin,
  type Scope,
  transferIsWithin,
  type Within,
} from './scope.ts';
import { readTransfers, type TransferRecord } from './transfers.ts';

/** Both ends belong to it. */
export interface OverviewTime {
  from: Date;
  to: Date;
}

export interface NewestOf<Item> {
  /** All there are. */
  count: number;
  newest: Item[];
}

export interface OverviewRecord {
  /** Of what was created in the time; states without any are left out. */
  runs: Partial<Record<RunState, number>>;
  transfers: Partial<Record<TransferState, number>>;
  filesDelivered: number;
  bytesDelivered: bigint;
  /** What follows needs a person now, whenever it began. Quarantined ones are among the held ones. */
  heldTransfers: NewestOf<TransferRecord>;
  quarantinedTransfers: NewestOf<TransferRecord>;
  /** Open and acknowledged. */
  incidents: NewestOf<IncidentRecord> & { byKind: Partial<Record<IncidentKind, number>> };
  pausedRoutes: NewestOf<{ name: string; partners: string[]; paused: RecordedPause }>;
  pausedEndpoints: NewestOf<{ name: string; partner: string | null; paused: RecordedPause }>;
  refusedLogins: NewestOf<{ endpoint: string; partner: string | null; refusedAt: Date }>;
}

/**
 * Reads what was created in the time and what is unsettled, by the indexes of both, and not the history. One statement after the
 * other: who looks takes no more of the database than one place.
 *
 * @param most so many of each are shown
 */
export async function readOverview(
  db: Tx,
  scope: Scope,
  time: OverviewTime,
  most: number,
): Promise<OverviewRecord> {
  const within = await resolveScope(db, scope);
  const runs = await countRuns(db, within, time);
  const transfers = await countTransfers(db, within, time);
  return {
    runs,
    ...transfers,
    heldTransfers: await findHeld(db, within, most),
    ...(await findUnresolved(db, within, most)),
    pausedRoutes: await findPausedRoutes(db, within, most),
    ...(await findTroubledEndpoints(db, within, most)),
  };
}

async function countRuns(
  db: Tx,
  within: Within,
  { from, to }: OverviewTime,
): Promise<OverviewRecord['runs']> {
  const rows = await db.$queryRaw<{ state: RunState; count: number }[]>`
    SELECT run.state, count(*)::int AS count FROM run
     WHERE run.created_at >= ${from} AND run.created_at <= ${to} AND ${runIsWithin(within)}
     GROUP BY run.state`;
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

async function countTransfers(
  db: Tx,
  within: Within,
  { from, to }: OverviewTime,
): Promise<Pick<OverviewRecord, 'transfers' | 'filesDelivered' | 'bytesDelivered'>> {
  const rows = await db.$queryRaw<
    { state: TransferState; count: number; delivered: number; bytes: bigint }[]
  >`
    SELECT transfer.state, count(*)::int AS count, count(transfer.delivered_at)::int AS delivered,
           coalesce(sum(transfer.size_bytes) FILTER (WHERE transfer.delivered_at IS NOT NULL), 0)::bigint AS bytes
      FROM transfer
     WHERE transfer.created_at >= ${from} AND transfer.created_at <= ${to} AND ${transferIsWithin(within)}
     GROUP BY transfer.state`;
  return {
    transfers: Object.fromEntries(rows.map(({ state, count }) => [state, count])),
    filesDelivered: rows.reduce((sum, { delivered }) => sum + delivered, 0),
    bytesDelivered: rows.reduce((sum, { bytes }) => sum + bytes, 0n),
  };
}

interface Newest {
  count: number;
  ids: string[];
}

// What is unsettled is few beside what was ever settled. MATERIALIZED: found by its state, never by going backwards through what is
// newest of all.

async function findHeld(db: Tx, within: Within, most: number): Promise<NewestOf<TransferRecord>> {
  const [row] = await db.$queryRaw<Newest[]>`
    WITH held AS MATERIALIZED (
      SELECT transfer.id, transfer.created_at FROM transfer WHERE transfer.state = 'held' AND ${transferIsWithin(within)})
    SELECT (SELECT count(*)::int FROM held) AS count,
           ARRAY(SELECT id::text FROM held ORDER BY created_at DESC, id DESC LIMIT ${most}) AS ids`;
  return { count: row!.count, newest: await readTransfers(db, row!.ids) };
}

/** Incidents that somebody has to look at; a file that is quarantined stays so while its incident is put aside. */
async function findUnresolved(
  db: Tx,
  within: Within,
  most: number,
): Promise<Pick<OverviewRecord, 'incidents' | 'quarantinedTransfers'>> {
  const [row] = await db.$queryRaw<
    (Newest & { byKind: Partial<Record<IncidentKind, number>>; quarantined: number; transferIds: string[] })[]
  >`
    WITH unresolved AS MATERIALIZED (
      SELECT incident.id, incident.kind, incident.opened_at, incident.transfer_id,
             (incident.state <> 'snoozed' OR ${SNOOZE_IS_OVER}) AS wanted
        FROM incident WHERE incident.state IN ('open', 'acknowledged', 'snoozed') AND ${incidentIsWithin(within)}),
    quarantined AS (
      SELECT transfer_id, opened_at FROM unresolved WHERE kind = 'transfer_quarantined' AND transfer_id IS NOT NULL)
    SELECT (SELECT count(*)::int FROM unresolved WHERE wanted) AS count,
           ARRAY(SELECT id::text FROM unresolved WHERE wanted ORDER BY opened_at DESC, id DESC LIMIT ${most}) AS ids,
           (SELECT coalesce(jsonb_object_agg(kind, count), '{}') FROM (
              SELECT kind, count(*) AS count FROM unresolved WHERE wanted GROUP BY kind) AS by_kind) AS "byKind",
           (SELECT count(*)::int FROM quarantined) AS quarantined,
           ARRAY(SELECT transfer_id::text FROM quarantined ORDER BY opened_at DESC, transfer_id LIMIT ${most}) AS "transferIds"`;
  const { count, ids, byKind, quarantined, transferIds } = row!;
  return {
    incidents: { count, byKind, newest: await readIncidents(db, ids) },
    quarantinedTransfers: { count: quarantined, newest: await readTransfers(db, transferIds) },
  };
}

interface PauseColumns {
  since: Date;
  by: string | null;
  reason: string | null;
}

async function findPausedRoutes(
  db: Tx,
  within: Within,
  most: number,
): Promise<OverviewRecord['pausedRoutes']> {
  const rows = await db.$queryRaw<(PauseColumns & { name: string; partners: string[]; count: number })[]>`
    SELECT transfer_route.name, ${partnersOfRoute} AS partners, transfer_route.paused_at AS since,
           transfer_route.paused_by AS by, transfer_route.pause_reason AS reason, count(*) OVER ()::int AS count
      FROM transfer_route
     WHERE transfer_route.paused_at IS NOT NULL AND ${routeIsWithin(within, Prisma.sql`transfer_route.id`)}
     ORDER BY transfer_route.paused_at DESC, transfer_route.name LIMIT ${most}`;
  return {
    count: rows[0]?.count ?? 0,
    newest: rows.map(({ name, partners, ...pause }) => ({ name, partners, paused: pauseOf(pause) })),
  };
}

async function findTroubledEndpoints(
  db: Tx,
  within: Within,
  most: number,
): Promise<Pick<OverviewRecord, 'pausedEndpoints' | 'refusedLogins'>> {
  const newestBy = (moment: Prisma.Sql) => db.$queryRaw<
    (PauseColumns & { name: string; partner: string | null; refusedAt: Date; count: number })[]
  >`
    SELECT endpoint.name, partner.name AS partner, endpoint.paused_at AS since, endpoint.paused_by AS by,
           endpoint.pause_reason AS reason, endpoint.login_refused_at AS "refusedAt", count(*) OVER ()::int AS count
      FROM endpoint LEFT JOIN partner ON partner.id = endpoint.partner_id
     WHERE ${moment} IS NOT NULL AND ${endpointIsWithin(within)}
     ORDER BY ${moment} DESC, endpoint.name LIMIT ${most}`;
  const paused = await newestBy(Prisma.sql`endpoint.paused_at`);
  const refused = await newestBy(Prisma.sql`endpoint.login_refused_at`);
  return {
    pausedEndpoints: {
      count: paused[0]?.count ?? 0,
      newest: paused.map(({ name, partner, ...pause }) => ({ name, partner, paused: pauseOf(pause) })),
    },
    refusedLogins: {
      count: refused[0]?.count ?? 0,
      newest: refused.map(({ name, partner, refusedAt }) => ({ endpoint: name, partner, refusedAt })),
    },
  };
}

function pauseOf({ since, by, reason }: PauseColumns): RecordedPause {
  return { since, by: by ?? '', reason: reason ?? '' };
}
