import type { Incident } from '#contract';
import type { IncidentRecord } from '#store';
import { errorOf, instantOrNull } from '../stored-values.ts';

export function toIncident(row: IncidentRecord): Incident {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    object: row.object,
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
    snoozedUntil: instantOrNull(row.snoozedUntil),
    resolvedAt: instantOrNull(row.resolvedAt),
    resolvedBy: row.resolvedBy,
    resolution: row.resolution,
    error: errorOf(row.errorCode === null ? null : { code: row.errorCode, phase: null, detail: null }),
  };
}
