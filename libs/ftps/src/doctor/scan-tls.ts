import { createSecureContext, type SecureContext } from 'node:tls';
import type { TlsVersion } from '#domain';
import {
  type ClientCredential,
  cipherList,
  contextOptions,
  SUITES,
  type TlsIdentity,
} from '../tls-identity.ts';
import { HandshakeRefused } from '../tls-negotiation.ts';
import { Knock, type Surroundings } from './knock.ts';

/** Servers count connections without a login: no more than this for one examination. */
export const MAX_SCAN_HANDSHAKES = 12;

export interface TlsScan {
  /** In the order in which the server prefers them. */
  accepted: { version: TlsVersion; ciphers: string[] }[];
  handshakes: number;
  /** Why the scan ended early: the connection itself failed. */
  interrupted: unknown;
}

/**
 * Which versions and ciphers the server takes: per version a handshake that offers all of them, then one without the
 * cipher it chose, until it refuses; nothing is offered that the engine does not offer. One connection at a time, nobody logs in, each handshake is on record.
 */
export async function scanTls(
  around: Surroundings,
  identity: TlsIdentity,
  clientCertificate: ClientCredential | undefined,
): Promise<TlsScan> {
  const scan: TlsScan = { accepted: [], handshakes: 0, interrupted: undefined };
  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    const chosen: string[] = [];
    let offered = SUITES[version];
    while (offered.length > 0 && scan.handshakes < MAX_SCAN_HANDSHAKES) {
      scan.handshakes += 1;
      const secureContext = contextFor(around.endpoint.tls.ca, clientCertificate, version, offered);
      const answer = await shake(around, { ...identity, secureContext });
      if ('interrupted' in answer) {
        scan.interrupted = answer.interrupted;
        if (chosen.length > 0) scan.accepted.push({ version, ciphers: chosen });
        return scan;
      }
      const { cipher } = answer;
      // A cipher that was not offered: nothing more can be learnt from such a server.
      if (cipher === null || !offered.includes(cipher)) break;
      chosen.push(cipher);
      offered = offered.filter((one) => one !== cipher);
    }
    if (chosen.length > 0) scan.accepted.push({ version, ciphers: chosen });
  }
  return scan;
}

/** The cipher that was agreed on; null when the server refused. Our own verdict on the certificate is not the question here. */
async function shake(
  around: Surroundings,
  identity: TlsIdentity,
): Promise<{ cipher: string | null } | { interrupted: unknown }> {
  let knock: Knock | undefined;
  try {
    knock = await Knock.secured(around, identity);
    return { cipher: knock.handshake?.fact.cipher ?? null };
  } catch (error) {
    if (error instanceof HandshakeRefused) return { cipher: error.fact.cipher };
    return { interrupted: error };
  } finally {
    await knock?.leave();
  }
}

function contextFor(
  ca: readonly string[],
  credential: ClientCredential | undefined,
  version: TlsVersion,
  ciphers: readonly string[],
): SecureContext {
  return createSecureContext({
    ...(ca.length > 0 ? { ca: [...ca], allowPartialTrustChain: true } : {}),
    ...(credential ? contextOptions(credential) : {}),
    minVersion: version,
    maxVersion: version,
    // OpenSSL wants ciphers of TLS 1.2 in the list even where they cannot be used.
    ciphers: cipherList([...ciphers, ...(version === 'TLSv1.3' ? SUITES['TLSv1.2'] : [])]),
  });
}
