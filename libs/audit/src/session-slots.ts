import { TransferError } from '#domain';
import type { Store, Tx } from '#store';
import { findOverdueRunsIn, type OverdueRun } from './settling.ts';

/** What became of the wish for one slot on each remote endpoint of a run. */
export type SlotsAnswer =
  | { kind: 'taken'; slotIds: string[] }
  /** All of this endpoint's sessions are in use; nothing was taken. */
  | { kind: 'full'; endpoint: string };

interface EndpointRow {
  id: string;
  name: string;
  max_sessions: number;
  /** Two where a route leads from an endpoint to itself. */
  needed: number;
}

/**
 * Takes the right to open the run's sessions, at both ends or at none. The rows of the endpoints are locked in the order of
 * their ids, so that all workers together never hold more than `maxSessions`, and nobody waits for anybody in a circle.
 * Own directories have no limit.
 * @throws TransferError `invalid_configuration` when the route can never have what it needs.
 */
export async function takeSessionSlots(
  store: Store,
  runId: string,
  worker: string,
  leaseMs: number,
): Promise<SlotsAnswer> {
  return store.transaction(async (tx) => {
    // NO KEY UPDATE: rows that only refer to the endpoint, such as negotiations, need not wait.
    const endpoints = await tx.$queryRaw<EndpointRow[]>`
      SELECT endpoint.id::text, endpoint.name, endpoint.max_sessions,
             (endpoint.id = route.source_endpoint_id)::int + (endpoint.id = route.destination_endpoint_id)::int AS needed
        FROM run JOIN transfer_route route ON route.id = run.route_id
        JOIN endpoint ON endpoint.id IN (route.source_endpoint_id, route.destination_endpoint_id)
       WHERE run.id = ${runId}::uuid AND endpoint.protocol <> 'local'
       ORDER BY endpoint.id
         FOR NO KEY UPDATE OF endpoint`;
    return takeSlots(tx, endpoints, worker, leaseMs);
  });
}

/** The same for whoever works for no run: one session at one endpoint. */
export async function takeSessionSlot(
  store: Store,
  endpoint: string,
  worker: string,
  leaseMs: number,
): Promise<SlotsAnswer> {
  return store.transaction(async (tx) => {
    const endpoints = await tx.$queryRaw<EndpointRow[]>`
      SELECT id::text, name, max_sessions, 1 AS needed FROM endpoint
       WHERE name = ${endpoint} AND protocol <> 'local' FOR NO KEY UPDATE`;
    return takeSlots(tx, endpoints, worker, leaseMs);
  });
}

/** @param endpoints their rows are locked */
async function takeSlots(
  tx: Tx,
  endpoints: readonly EndpointRow[],
  worker: string,
  leaseMs: number,
): Promise<SlotsAnswer> {
  if (endpoints.length === 0) return { kind: 'taken', slotIds: [] };
  const used = await countUsed(tx, endpoints);
  for (const endpoint of endpoints) {
    refuseImpossible(endpoint);
    const free = endpoint.max_sessions - (used.get(endpoint.id) ?? 0);
    if (free < endpoint.needed) return { kind: 'full', endpoint: endpoint.name };
  }
  const wanted = endpoints.flatMap(({ id, needed }) => Array.from({ length: needed }, () => id));
  const rows = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO session_slot (endpoint_id, worker, lease_until)
    SELECT endpoint_id, ${worker}, clock_timestamp() + ${leaseMs} * interval '1 millisecond'
      FROM unnest(${wanted}::uuid[]) AS wanted(endpoint_id)
    RETURNING id::text`;
  return { kind: 'taken', slotIds: rows.map(({ id }) => id) };
}

/** What a dead or frozen worker held is removed first: should it wake, its renewal finds nothing. */
async function countUsed(tx: Tx, endpoints: readonly EndpointRow[]): Promise<Map<string, number>> {
  const ids = endpoints.map(({ id }) => id);
  await tx.$executeRaw`
    DELETE FROM session_slot WHERE endpoint_id = ANY(${ids}::uuid[]) AND lease_until < clock_timestamp()`;
  const rows = await tx.$queryRaw<{ id: string; used: number }[]>`
    SELECT endpoint_id::text AS id, count(*)::int AS used FROM session_slot
     WHERE endpoint_id = ANY(${ids}::uuid[]) GROUP BY endpoint_id`;
  return new Map(rows.map(({ id, used }) => [id, used]));
}

function refuseImpossible(endpoint: EndpointRow): void {
  if (endpoint.max_sessions >= endpoint.needed) return;
  throw new TransferError('invalid_configuration', {
    phase: 'connect',
    detail: `The route reads from and writes to ${endpoint.name} and needs ${endpoint.needed} sessions there at once; its maxSessions is ${endpoint.max_sessions}.`,
  });
}

/** Returns the slots that are still held. A missing one is lost: its session has to be closed. */
export async function renewSessionSlots(
  store: Store,
  slotIds: readonly string[],
  leaseMs: number,
): Promise<Set<string>> {
  if (slotIds.length === 0) return new Set();
  return store.transaction(async (tx) => {
    const rows = await tx.$queryRaw<{ id: string }[]>`
      UPDATE session_slot SET lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
       WHERE id = ANY(${slotIds}::uuid[])
      RETURNING id::text`;
    return new Set(rows.map(({ id }) => id));
  });
}

/**
 * Gives slots back after their sessions were closed. Returns the most urgent run that may have waited for them; undefined
 * where there was no shortage.
 */
export async function releaseSessionSlots(
  store: Store,
  slotIds: readonly string[],
): Promise<OverdueRun | undefined> {
  if (slotIds.length === 0) return undefined;
  return store.transaction(async (tx) => {
    const rows = await tx.$queryRaw<{ id: string }[]>`
      WITH released AS (
        DELETE FROM session_slot WHERE id = ANY(${slotIds}::uuid[]) RETURNING endpoint_id)
      SELECT endpoint.id::text FROM endpoint
       WHERE endpoint.id IN (SELECT endpoint_id FROM released)
         AND endpoint.max_sessions <= (SELECT count(*) FROM session_slot WHERE endpoint_id = endpoint.id)`;
    if (rows.length === 0) return undefined;
    const [waiting] = await findOverdueRunsIn(
      tx,
      1,
      rows.map(({ id }) => id),
    );
    return waiting;
  });
}
