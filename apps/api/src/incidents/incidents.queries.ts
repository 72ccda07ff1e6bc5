import type { Incident, IncidentFilter, Page } from '#contract';
import type { AuditObject, IncidentKind, IncidentState } from '#domain';
import type { Store } from '#store';
import { afterRow, makePage } from '../paging.ts';
import { errorOf, instantOrNull } from '../stored-values.ts';

export interface IncidentSearch {
  limit: number;
  cursor?: string | undefined;
  state?: IncidentFilter | undefined;
  kind?: IncidentKind | undefined;
  route?: string | undefined;
  endpoint?: string | undefined;
}

export async function listIncidents(store: Store, search: IncidentSearch): Promise<Page<Incident>> {
  const now = await store.now();
  const { kind, route, endpoint } = search;
  return makePage(
    {
      name: 'incidents',
      key: 'uuid',
      keyOf: (row: IncidentRow) => row.id,
      toItem: (row: IncidentRow) => toIncident(row, now),
    },
    search,
    ({ take, after }) =>
      store.db.incident.findMany({
        where: {
          ...inState(search.state, now),
          ...(kind !== undefined && { kind }),
          ...(route !== undefined && { route }),
          ...(endpoint !== undefined && { endpoint }),
        },
        orderBy: [{ openedAt: 'desc' }, { id: 'desc' }],
        take,
        ...afterRow(after),
      }),
  );
}

export async function findIncident(store: Store, id: string): Promise<Incident | undefined> {
  const row = await store.db.incident.findUnique({ where: { id } });
  return row ? toIncident(row, await store.now()) : undefined;
}

/** Nothing has to wake up for the end of a snooze: whoever looks sees the incident open again. */
function inState(state: IncidentFilter | undefined, now: Date) {
  switch (state) {
    case undefined:
      return {};
    case 'unresolved':
      return { state: { not: 'resolved' } };
    case 'open':
      return { OR: [{ state: 'open' }, { state: 'snoozed', snoozedUntil: { lte: now } }] };
    case 'snoozed':
      return { state: 'snoozed', snoozedUntil: { gt: now } };
    default:
      return { state };
  }
}

interface IncidentRow {
  id: string;
  kind: string;
  object: string;
  objectId: string;
  runId: string | null;
  transferId: string | null;
  route: string | null;
  endpoint: string | null;
  summary: string;
  errorCode: string | null;
  state: string;
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

function toIncident(row: IncidentRow, now: Date): Incident {
  const snoozeOver = row.snoozedUntil !== null && row.snoozedUntil <= now;
  return {
    id: row.id,
    kind: row.kind as IncidentKind,
    state: snoozeOver ? 'open' : (row.state as IncidentState),
    object: row.object as AuditObject,
    objectId: row.objectId,
    runId: row.runId,
    transferId: row.transferId,
    route: row.route,
    endpoint: row.endpoint,
    summary: row.summary,
    occurrences: row.occurrences,
    openedAt: row.openedAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    acknowledgedAt: instantOrNull(row.acknowledgedAt),
    acknowledgedBy: row.acknowledgedBy,
    snoozedUntil: snoozeOver ? null : instantOrNull(row.snoozedUntil),
    resolvedAt: instantOrNull(row.resolvedAt),
    resolvedBy: row.resolvedBy,
    resolution: row.resolution,
    error: errorOf({ errorCode: row.errorCode, errorPhase: null, errorDetail: null }),
  };
}
