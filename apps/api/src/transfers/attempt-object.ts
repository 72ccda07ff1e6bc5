import type { Attempt } from '#contract';
import type { AttemptRecord } from '#store';
import { errorOf, instantOrNull, sizeOrNull } from '../stored-values.ts';
import { toTlsNegotiation } from '../tls-negotiations/tls-negotiation-object.ts';

export function toAttempt(row: AttemptRecord): Attempt {
  const error = errorOf(row.error);
  return {
    id: row.id,
    transferId: row.transferId,
    number: row.number,
    worker: row.worker,
    outcome: row.outcome,
    sourceSessionId: row.sourceSessionId,
    destinationSessionId: row.destinationSessionId,
    sizeBytes: sizeOrNull(row.sizeBytes),
    sha256: row.sha256,
    hasTranscript: row.hasTranscript,
    startedAt: row.startedAt.toISOString(),
    finishedAt: instantOrNull(row.finishedAt),
    error: error && { ...error, reply: row.error?.reply ?? null },
    negotiations: row.negotiations.map(toTlsNegotiation),
  };
}
