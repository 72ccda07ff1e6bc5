import type { Socket } from 'node:net';
import type { LegacyPolicy, TlsNegotiation } from '#domain';
import type { SessionObserver } from '#protocol';
import type { ControlChannel } from './control-channel.ts';
import type { Handshake, NegotiationOccasion } from './tls-negotiation.ts';
import { unprotected } from './unprotected-connection.ts';

/** Whose protection is put on record. */
export interface RecordedControl {
  control: ControlChannel;
  raw: Socket;
  observer: SessionObserver;
}

/** Bytes on the wire so far, both ways. */
export function wireBytes({ bytesRead, bytesWritten }: Socket): number {
  return bytesRead + bytesWritten;
}

/**
 * TLS from here on. TLS 1.3 lets a server refuse our certificate after the handshake (RFC 8446 section 4.4.2.4): until
 * its first word, "accepted" is provisional. `wireBefore`: what had crossed the wire before the handshake.
 */
export function recordSecured(
  recorded: RecordedControl,
  { fact, socket }: Handshake,
  wireBefore: number,
): void {
  const { control, observer } = recorded;
  if (fact.protocol === 'TLSv1.3')
    control.onFirstReply((failure) => {
      const refusedUs = failure?.code === 'tls_client_certificate_refused';
      observer.negotiated(refusedUs ? { ...fact, verdict: 'refused', error: failure.code } : fact);
    });
  else observer.negotiated(fact);
  recordClosing(recorded, fact, socket, wireBefore);
}

/** No TLS from here on: plain FTP from the first byte, or what CCC leaves. */
export function recordUnprotected(
  recorded: RecordedControl,
  occasion: NegotiationOccasion,
  policy: LegacyPolicy,
  wireBefore: number,
): void {
  const { raw, observer } = recorded;
  const fact = unprotected(occasion, raw, policy);
  observer.negotiated(fact);
  recordClosing(recorded, fact, raw, wireBefore);
}

function recordClosing(
  { control, raw, observer }: RecordedControl,
  { id }: TlsNegotiation,
  stream: NodeJS.EventEmitter,
  wireBefore: number,
): void {
  const plainBefore = control.plainBytes;
  stream.once('close', () =>
    observer.negotiationClosed({
      negotiationId: id,
      closeNotify: 'unobserved',
      bytesPlain: control.plainBytes - plainBefore,
      bytesWire: BigInt(wireBytes(raw) - wireBefore),
      closedAt: new Date(),
    }),
  );
}
