import type { TlsClosing, TlsNegotiation } from '#domain';
import type { Tx } from '#store';
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
}

/** Accepted, refused or unprotected, every connection becomes a row; a refusal is an event of its own as well. */
export const NEGOTIATIONS: RecordKind<NegotiationEntry, void> = {
  rank: 1,
  async record(tx, entries) {
    const endpoints = await endpointIds(tx, entries);
    await tx.tlsNegotiation.createMany({
      data: entries.map(({ context, negotiation: { peerCertificates, ...facts } }) => ({
        ...facts,
        peerCertificates: peerCertificates.map((certificate) => ({ ...certificate })),
        endpointId: endpoints.get(facts.endpoint) ?? null,
        runId: context.runId,
        attemptId: context.attemptId,
      })),
    });
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

async function endpointIds(tx: Tx, entries: readonly NegotiationEntry[]): Promise<Map<string, string>> {
  const rows = await tx.endpoint.findMany({
    where: { name: { in: [...new Set(entries.map(({ negotiation }) => negotiation.endpoint))] } },
    select: { id: true, name: true },
  });
  return new Map(rows.map(({ id, name }) => [name, id]));
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
       WHERE tls_negotiation.id = closing."negotiationId" AND tls_negotiation.closed_at IS NULL`;
    return done(closings);
  },
};

function done(entries: readonly unknown[]): Answer<void>[] {
  return entries.map(() => ({ value: undefined }));
}
