import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { LegacyPolicy, TlsNegotiation } from '#domain';
import { type NegotiationOccasion, withPort } from './tls-negotiation.ts';

/** The record of a connection without TLS: it stands where the handshake would, and names the policy that allowed it. */
export function unprotected(
  occasion: NegotiationOccasion,
  raw: Socket,
  legacyPolicy: LegacyPolicy,
): TlsNegotiation {
  return {
    ...occasion,
    legacyPolicy,
    id: randomUUID(),
    localAddress: withPort(raw.localAddress, raw.localPort),
    remoteAddress: withPort(raw.remoteAddress, raw.remotePort),
    serverName: null,
    alpn: null,
    protocol: null,
    cipher: null,
    keyExchangeGroup: null,
    signatureAlgorithm: null,
    resumed: false,
    resumedFrom: null,
    peerCertificates: [],
    nameCheck: 'not_applicable',
    pinCheck: 'not_applicable',
    chainCheck: 'not_applicable',
    verdict: 'unprotected',
    error: null,
    startedAt: new Date(),
    handshakeMs: 0,
  };
}
