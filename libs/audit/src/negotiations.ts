import type { TlsClosing, TlsNegotiation } from '#domain';
import type { Store } from '#store';
import { recordEvent, workerActor } from './events.ts';

/** Whom a handshake served: a run, and an attempt where it was made for one file; no run where the doctor made it. */
export interface NegotiationContext {
  worker: string;
  runId: string | null;
  attemptId: string | null;
}

/** Accepted, refused or unprotected, every connection becomes a row; a refusal is an event of its own as well. */
export async function recordNegotiation(
  store: Store,
  context: NegotiationContext,
  negotiation: TlsNegotiation,
): Promise<void> {
  await store.transaction(async (tx) => {
    const endpoint = await tx.endpoint.findUnique({
      where: { name: negotiation.endpoint },
      select: { id: true },
    });
    const { peerCertificates, ...facts } = negotiation;
    await tx.tlsNegotiation.create({
      data: {
        ...facts,
        peerCertificates: peerCertificates.map((certificate) => ({ ...certificate })),
        endpointId: endpoint?.id ?? null,
        runId: context.runId,
        attemptId: context.attemptId,
      },
    });
    if (negotiation.verdict !== 'refused') return;
    await recordEvent(tx, {
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
    });
  });
}

/** The closing facts go in once; the database refuses any later change. */
export async function recordNegotiationClosed(store: Store, closing: TlsClosing): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.tlsNegotiation.updateMany({
      where: { id: closing.negotiationId, closedAt: null },
      data: {
        closeNotify: closing.closeNotify,
        bytesPlain: closing.bytesPlain,
        bytesWire: closing.bytesWire,
        closedAt: closing.closedAt,
      },
    });
  });
}
