import type { Transfer } from '#contract';
import type { TransferRecord } from '#store';
import { errorOf, instantOrNull, sizeOf, sizeOrNull } from '../stored-values.ts';

export function toTransfer(row: TransferRecord): Transfer {
  return {
    id: row.id,
    runId: row.runId,
    route: row.route,
    state: row.state,
    sourceEndpoint: row.sourceEndpoint,
    sourcePath: row.sourcePath,
    sourceSizeBytes: sizeOf(row.sourceSizeBytes),
    sourceModified: row.sourceModified,
    destinationEndpoint: row.destinationEndpoint,
    destinationPath: row.destinationPath,
    sizeBytes: sizeOrNull(row.sizeBytes),
    sha256: row.sha256,
    assurance: row.assurance,
    attempts: row.attempts,
    worker: row.worker,
    lane: row.progress?.lane ?? null,
    phase: row.progress?.phase ?? null,
    streamedBytes: sizeOrNull(row.progress?.streamedBytes ?? null),
    suppressedBy: row.suppressedBy,
    createdAt: row.createdAt.toISOString(),
    startedAt: instantOrNull(row.startedAt),
    deliveredAt: instantOrNull(row.deliveredAt),
    finishedAt: instantOrNull(row.finishedAt),
    error: errorOf(row.error),
  };
}
