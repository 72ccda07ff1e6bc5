import { createHash, type X509Certificate } from 'node:crypto';
import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import type { CheckResult, ErrorCode, PeerCertificate } from '#domain';
import { printable } from './printable.ts';
import type { TlsIdentity } from './tls-identity.ts';

/** What the peer showed and how our own checks judge it. Chain trust is Node's verdict, not part of this. */
export interface PeerEvidence {
  certificates: PeerCertificate[];
  /** PEM of the peer's own certificate; null when none was seen. */
  leafPem: string | null;
  signatureAlgorithm: string | null;
  nameCheck: CheckResult;
  pinCheck: CheckResult;
}

export const NO_EVIDENCE: PeerEvidence = {
  certificates: [],
  leafPem: null,
  signatureAlgorithm: null,
  nameCheck: 'not_applicable',
  pinCheck: 'not_applicable',
};

const MAX_CHAIN = 10;

/** Reads the certificates of a handshake; they are gone once the socket is destroyed, and empty when it was resumed. */
export function examinePeer(socket: TLSSocket, identity: TlsIdentity): PeerEvidence {
  const leaf = socket.getPeerX509Certificate();
  if (!leaf) return NO_EVIDENCE;
  const certificates = chainOf(socket).map(describe);
  const spki = spkiSha256(leaf);
  return {
    certificates,
    leafPem: leaf.toString(),
    signatureAlgorithm: leaf.signatureAlgorithm ?? null,
    nameCheck: nameMatches(leaf, socket.getPeerCertificate(true), identity.expectedName)
      ? 'passed'
      : 'failed',
    pinCheck: identity.pins.size === 0 ? 'not_applicable' : identity.pins.has(spki) ? 'passed' : 'failed',
  };
}

/** The name only counts as a subject alternative name (RFC 9525): a CN alone proves nothing. */
function nameMatches(leaf: X509Certificate, legacy: DetailedPeerCertificate, name: string): boolean {
  return leaf.subjectAltName !== undefined && checkServerIdentity(name, legacy) === undefined;
}

/** Node's codes of a failed certificate verification, in our words. */
export function chainErrorCode(nodeCode: string | undefined): ErrorCode {
  return nodeCode === 'CERT_HAS_EXPIRED' || nodeCode === 'CERT_NOT_YET_VALID'
    ? 'tls_certificate_expired'
    : 'tls_untrusted_certificate';
}

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = socket.getPeerX509Certificate();
  while (next && chain.length < MAX_CHAIN) {
    chain.push(next);
    next = next.issuerCertificate;
    if (next && next.fingerprint256 === chain.at(-1)!.fingerprint256) break;
  }
  return chain;
}

function describe(certificate: X509Certificate): PeerCertificate {
  return {
    sha256: createHash('sha256').update(certificate.raw).digest('hex'),
    spkiSha256: spkiSha256(certificate),
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    notBefore: new Date(certificate.validFrom).toISOString(),
    notAfter: new Date(certificate.validTo).toISOString(),
  };
}

function spkiSha256(certificate: X509Certificate): string {
  return createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

function oneLine(distinguishedName: string | undefined): string {
  return printable((distinguishedName ?? '').split('\n').join(', '), 512);
}
