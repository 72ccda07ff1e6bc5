import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { AttemptOutcome } from '#domain';
import type { Tx } from '../open-store.ts';
import { type NegotiationRecord, negotiationRecord } from './negotiations.ts';
import { isUuid } from './page.ts';
import { type RecordedError, recordedError } from './recorded-error.ts';
import { resolveScope, type Scope, transferIsWithin } from './scope.ts';
import { findTransfer } from './transfers.ts';

export interface AttemptRecord {
  id: string;
  transferId: string;
  number: number;
  worker: string;
  outcome: AttemptOutcome;
  sourceSessionId: string | null;
  destinationSessionId: string | null;
  sizeBytes: bigint | null;
  sha256: string | null;
  startedAt: Date;
  finishedAt: Date | null;
  error: (RecordedError & { reply: string | null }) | null;
  hasTranscript: boolean;
  /** Handshakes made for this attempt, and those of the control connections it used; oldest first. */
  negotiations: NegotiationRecord[];
}

/** First attempt first; null when there is no such transfer. */
export async function listAttempts(
  db: Tx,
  scope: Scope,
  transferId: string,
): Promise<AttemptRecord[] | null> {
  if (!(await findTransfer(db, scope, transferId))) return null;
  const attempts = await db.attempt.findMany({
    where: { transferId },
    omit: { transcript: true },
    orderBy: { number: 'asc' },
  });
  const ids = attempts.map((attempt) => attempt.id);
  const sessions = attempts.flatMap((attempt) => sessionsOf(attempt));
  const negotiations = await db.tlsNegotiation.findMany({
    where: { OR: [{ attemptId: { in: ids } }, { sessionId: { in: sessions }, channel: 'control' }] },
    orderBy: [{ startedAt: 'asc' }, { id: 'asc' }],
  });
  const transcribed = await db.attempt.findMany({
    where: { transferId, transcript: { not: null } },
    select: { id: true },
  });
  const withTranscript = new Set(transcribed.map(({ id }) => id));
  return attempts.map((attempt) => ({
    id: attempt.id,
    transferId: attempt.transferId,
    number: attempt.number,
    worker: attempt.worker,
    outcome: attempt.outcome as AttemptOutcome,
    sourceSessionId: attempt.sourceSessionId,
    destinationSessionId: attempt.destinationSessionId,
    sizeBytes: attempt.sizeBytes,
    sha256: attempt.sha256,
    startedAt: attempt.startedAt,
    finishedAt: attempt.finishedAt,
    error: errorOf(attempt),
    hasTranscript: withTranscript.has(attempt.id),
    negotiations: negotiations
      .filter(
        (row) =>
          row.attemptId === attempt.id ||
          (row.channel === 'control' && sessionsOf(attempt).includes(row.sessionId)),
      )
      .map(negotiationRecord),
  }));
}

/** The session dialogue; null when the attempt is unknown or kept none. */
export async function readTranscript(db: Tx, scope: Scope, attemptId: string): Promise<string | null> {
  if (!isUuid(attemptId)) return null;
  const within = transferIsWithin(await resolveScope(db, scope));
  const [row] = await db.$queryRaw<{ transcript: Uint8Array | null }[]>`
    SELECT attempt.transcript FROM attempt JOIN transfer ON transfer.id = attempt.transfer_id
     WHERE attempt.id = ${attemptId}::uuid AND ${within}`;
  if (!row?.transcript) return null;
  const text = await promisify(gunzip)(row.transcript, { maxOutputLength: MOST_TRANSCRIPT_BYTES });
  return text.toString('utf8');
}

const MOST_TRANSCRIPT_BYTES = 64 * 1024 * 1024;

function sessionsOf(attempt: { sourceSessionId: string | null; destinationSessionId: string | null }) {
  return [attempt.sourceSessionId, attempt.destinationSessionId].filter((id) => id !== null);
}

function errorOf(
  attempt: Parameters<typeof recordedError>[0] & { errorReply: string | null },
): AttemptRecord['error'] {
  const error = recordedError(attempt);
  return error && { ...error, reply: attempt.errorReply };
}
