import type { AuditObject, IncidentKind, IncidentState } from '#domain';
import { Prisma, type Incident as Row } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { inOrder, isUuid, type Page, type PageRequest, searchIds } from './page.ts';
import { incidentIsOwned, incidentIsWithin, resolveScope, type Scope } from './scope.ts';

export interface IncidentRecord {
  id: string;
  kind: IncidentKind;
  /** One whose snooze is over is open again. */
  state: IncidentState;
  object: AuditObject;
  objectId: string;
  runId: string | null;
  transferId: string | null;
  route: string | null;
  endpoint: string | null;
  summary: string;
  errorCode: string | null;
  occurrences: number;
  openedAt: Date;
  lastSeenAt: Date;
  acknowledgedAt: Date | null;
  acknowledgedBy: string | null;
  snoozedUntil: Date | null;
  resolvedAt: Date | null;
  resolvedBy: string | null;
  resolution: string | null;
}

export interface IncidentSearch extends PageRequest {
  /** `unresolved`: whatever is not resolved. */
  state?: IncidentState | 'unresolved' | undefined;
  kind?: IncidentKind | undefined;
  route?: string | undefined;
  endpoint?: string | undefined;
}

/** Newest first. */
export async function searchIncidents(
  db: Tx,
  scope: Scope,
  search: IncidentSearch,
): Promise<Page<IncidentRecord>> {
  const conditions = [incidentIsWithin(await resolveScope(db, scope)), ...conditionsOf(search)];
  const { ids, nextCursor } = await searchIds(db, 'incident', Prisma.sql`incident`, conditions, search);
  return { items: await readIncidents(db, ids), nextCursor };
}

export async function findIncident(db: Tx, scope: Scope, id: string): Promise<IncidentRecord | null> {
  return find(db, id, [incidentIsWithin(await resolveScope(db, scope))]);
}

/** Whether the scope may answer it: that of an endpoint which others use as well is only seen. */
export async function ownsIncident(db: Tx, scope: Scope, id: string): Promise<boolean> {
  const within = await resolveScope(db, scope);
  return (await find(db, id, [incidentIsWithin(within), incidentIsOwned(within)])) !== null;
}

async function find(db: Tx, id: string, within: readonly Prisma.Sql[]): Promise<IncidentRecord | null> {
  if (!isUuid(id)) return null;
  const conditions = [Prisma.sql`incident.id = ${id}::uuid`, ...within];
  const { ids } = await searchIds(db, 'incident', Prisma.sql`incident`, conditions, { limit: 1 });
  return (await readIncidents(db, ids))[0] ?? null;
}

function conditionsOf({ state, kind, route, endpoint }: IncidentSearch): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [];
  if (state !== undefined) conditions.push(isInState(state));
  if (kind !== undefined) conditions.push(Prisma.sql`incident.kind = ${kind}`);
  if (route !== undefined) conditions.push(Prisma.sql`incident.route = ${route}`);
  if (endpoint !== undefined) conditions.push(Prisma.sql`incident.endpoint = ${endpoint}`);
  return conditions;
}

export const SNOOZE_IS_OVER = Prisma.sql`(incident.state = 'snoozed' AND incident.snoozed_until <= clock_timestamp())`;

/** Nothing has to wake up for the end of a snooze: whoever looks sees the incident open again. */
function isInState(state: NonNullable<IncidentSearch['state']>): Prisma.Sql {
  switch (state) {
    case 'unresolved':
      return Prisma.sql`incident.state <> 'resolved'`;
    case 'open':
      return Prisma.sql`(incident.state = 'open' OR ${SNOOZE_IS_OVER})`;
    case 'snoozed':
      return Prisma.sql`(incident.state = 'snoozed' AND NOT ${SNOOZE_IS_OVER})`;
    default:
      return Prisma.sql`incident.state = ${state}`;
  }
}

export async function readIncidents(db: Tx, ids: string[]): Promise<IncidentRecord[]> {
  if (ids.length === 0) return [];
  const rows = await db.incident.findMany({ where: { id: { in: ids } } });
  const over = await db.$queryRaw<{ id: string }[]>`
    SELECT incident.id::text AS id FROM incident WHERE incident.id = ANY (${ids}::uuid[]) AND ${SNOOZE_IS_OVER}`;
  const open = new Set(over.map(({ id }) => id));
  return inOrder(ids, rows).map((row) => record(row, open.has(row.id)));
}

function record(row: Row, snoozeIsOver: boolean): IncidentRecord {
  return {
    ...row,
    kind: row.kind as IncidentKind,
    object: row.object as AuditObject,
    state: snoozeIsOver ? 'open' : (row.state as IncidentState),
    snoozedUntil: snoozeIsOver ? null : row.snoozedUntil,
  };
}
