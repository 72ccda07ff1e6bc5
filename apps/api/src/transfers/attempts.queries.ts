import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Attempt, TlsNegotiation } from '#contract';
import type { AttemptOutcome } from '#domain';
import type { Store } from '#store';
import { errorOf, instantOrNull, sizeOrNull } from '../stored-values.ts';
import { toTlsNegotiation } from '../tls-negotiations/tls-negotiations.queries.ts';

/** The dialogue itself stays where it is: it can be megabytes. */
const COLUMNS = {
  id: true,
  transferId: true,
  number: true,
  worker: true,
  outcome: true,
  sourceSessionId: true,
  destinationSessionId: true,
  sizeBytes: true,
  sha256: true,
  errorCode: true,
  errorPhase: true,
  errorDetail: true,
  errorReply: true,
  startedAt: true,
  finishedAt: true,
} as const;

/** First to last, each with the handshakes made for it and those of the control connections it used. */
export async function listAttempts(store: Store, transferId: string): Promise<Attempt[]> {
  const rows = await store.db.attempt.findMany({
    where: { transferId },
    select: COLUMNS,
    orderBy: { number: 'asc' },
  });
  const sessions = rows.flatMap((row) =>
    [row.sourceSessionId, row.destinationSessionId].filter((id) => id !== null),
  );
  const [negotiations, withTranscript] = await Promise.all([
    store.db.tlsNegotiation.findMany({
      where: {
        OR: [
          { attemptId: { in: rows.map((row) => row.id) } },
          { channel: 'control', sessionId: { in: sessions } },
        ],
      },
      orderBy: [{ startedAt: 'asc' }, { id: 'asc' }],
    }),
    store.db.attempt.findMany({ where: { transferId, transcript: { not: null } }, select: { id: true } }),
  ]);
  const told = new Set(withTranscript.map(({ id }) => id));
  const handshakes = negotiations.map(toTlsNegotiation);
  return rows.map((row) => toAttempt(row, told.has(row.id), handshakes));
}

interface AttemptRow {
  id: string;
  transferId: string;
  number: number;
  worker: string;
  outcome: string;
  sourceSessionId: string | null;
  destinationSessionId: string | null;
  sizeBytes: bigint | null;
  sha256: string | null;
  errorCode: string | null;
  errorPhase: string | null;
  errorDetail: string | null;
  errorReply: string | null;
  startedAt: Date;
  finishedAt: Date | null;
}

function toAttempt(row: AttemptRow, hasTranscript: boolean, handshakes: readonly TlsNegotiation[]): Attempt {
  const error = errorOf(row);
  const itsSessions = [row.sourceSessionId, row.destinationSessionId];
  return {
    id: row.id,
    transferId: row.transferId,
    number: row.number,
    worker: row.worker,
    outcome: row.outcome as AttemptOutcome,
    sourceSessionId: row.sourceSessionId,
    destinationSessionId: row.destinationSessionId,
    sizeBytes: sizeOrNull(row.sizeBytes),
    sha256: row.sha256,
    hasTranscript,
    startedAt: row.startedAt.toISOString(),
    finishedAt: instantOrNull(row.finishedAt),
    error: error && { ...error, reply: row.errorReply },
    negotiations: handshakes.filter(
      ({ attemptId, channel, sessionId }) =>
        attemptId === row.id || (channel === 'control' && itsSessions.includes(sessionId)),
    ),
  };
}

/** Lines of text; undefined when there is no such attempt or it said nothing. */
export async function readTranscript(store: Store, attemptId: string): Promise<string | undefined> {
  const row = await store.db.attempt.findUnique({
    where: { id: attemptId },
    select: { transcript: true },
  });
  if (!row?.transcript) return undefined;
  const text = await promisify(gunzip)(row.transcript, { maxOutputLength: 64 * 1024 * 1024 });
  return `${text.toString('utf8')}\n`;
}
