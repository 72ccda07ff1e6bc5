import type { TlsClosing, TlsNegotiation } from '#domain';
import type { SqlTx } from '#store';
import { asJson, recordEvents, workerActor } from './events.ts';
import type { Answer, RecordKind } from './group-commit.ts';

/** Whom a handshake served: a run, and an attempt where it was made for one file; no run where the doctor made it. */
export interface NegotiationContext {
  worker: string;
  runId: string | null;
  attemptId: string | null;
}

export interface NegotiationEntry {
  context: NegotiationContext;
  negotiation: TlsNegotiation;
  /** Where the connection is over already. */
  closing?: TlsClosing | undefined;
}

/** Accepted, refused or unprotected, every connection becomes a row; a refusal is an event of its own as well. */
export const NEGOTIATIONS: RecordKind<NegotiationEntry, void> = {
  rank: 1,
  async record(tx, entries) {
    await insertNegotiations(tx, entries);
    await recordEvents(
      tx,
      entries
        .filter(({ negotiation }) => negotiation.verdict === 'refused')
        .map(({ context, negotiation }) => ({
          actor: workerActor(context.worker),
          action: 'tls_negotiation.refused',
          object: 'tls_negotiation',
          objectId: negotiation.id,
          runId: context.runId ?? undefined,
          details: {
            endpoint: negotiation.endpoint,
            channel: negotiation.channel,
            error: negotiation.error,
          },
        })),
    );
    return done(entries);
  },
};

/** The columns are named as the facts are. */
async function insertNegotiations(tx: SqlTx, entries: readonly NegotiationEntry[]): Promise<void> {
  const rows = entries.map(({ context, negotiation, closing }) => {
    const facts = {
      ...negotiation,
      ...closing,
      negotiationId: undefined,
      runId: context.runId,
      attemptId: context.attemptId,
    };
    return Object.fromEntries(Object.entries(facts).map(([fact, value]) => [columnOf(fact), value]));
  });
  await tx.$executeRaw`
    INSERT INTO tls_negotiation
    SELECT negotiation.*
      FROM jsonb_array_elements(${asJson(rows)}::jsonb) AS facts
      LEFT JOIN endpoint ON endpoint.name = facts ->> 'endpoint'
     CROSS JOIN LATERAL jsonb_populate_record(NULL::tls_negotiation,
                          facts || jsonb_build_object('endpoint_id', endpoint.id)) AS negotiation`;
}

function columnOf(fact: string): string {
  return fact.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The closing facts go in once; the database refuses any later change. */
export const CLOSINGS: RecordKind<TlsClosing, void> = {
  rank: 2,
  async record(tx, closings) {
    await tx.$executeRaw`
      UPDATE tls_negotiation
         SET close_notify = closing."closeNotify", bytes_plain = closing."bytesPlain", bytes_wire = closing."bytesWire",
             closed_at = closing."closedAt"
        FROM jsonb_to_recordset(${asJson(closings)}::jsonb) AS closing(
             "negotiationId" uuid, "closeNotify" text, "bytesPlain" bigint, "bytesWire" bigint, "closedAt" timestamptz)
       WHERE tls_negotiation.id = closing."negotiationId" AND tls_negotiation.closed_at IS NULL
         AND tls_negotiation.id = ANY (${closings.map(({ negotiationId }) => negotiationId)}::uuid[])`;
    return done(closings);
  },
};

function done(entries: readonly unknown[]): Answer<void>[] {
  return entries.map(() => ({ value: undefined }));
}
