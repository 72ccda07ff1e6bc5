import { constants, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls';
import { type FtpsEndpoint, type TlsVersion, TransferError } from '#domain';

/** TLS 1.2 with forward secrecy and AEAD only (NIST SP 800-52r2); level 2 refuses RSA below 2048 bits and SHA-1. */
export const SUITES: Record<TlsVersion, readonly string[]> = {
  'TLSv1.3': ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
  'TLSv1.2': [
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ],
};

/** OpenSSL's notation of a choice of ours. */
export function cipherList(suites: readonly string[]): string {
  return [...suites, '@SECLEVEL=2'].join(':');
}

const CIPHERS = cipherList([...SUITES['TLSv1.3'], ...SUITES['TLSv1.2']]);

/**
 * Key exchange: the post-quantum hybrid first, where both sides have it (so that traffic kept today cannot be read
 * tomorrow), then the curves of NIST SP 800-52r2.
 */
const GROUPS = ['X25519MLKEM768', 'X25519', 'P-256', 'P-384'];
/** Those whose key share goes with the first hello: a server that wants another asks for a second hello. */
const SHARED_AT_ONCE = ['X25519MLKEM768', 'X25519'];
/** What OpenSSL calls a group of TLS on record, by the name it takes. */
const GROUP_ON_RECORD: Record<string, string> = { secp256r1: 'P-256', secp384r1: 'P-384' };

/** What we show a server that asks for our certificate: PEM texts, or a PKCS#12 file. */
export type ClientCredential =
  | { cert: string; key: string; passphrase?: string | undefined }
  | { pkcs12: Buffer; passphrase?: string | undefined };

/** Who we expect and what we show, for every TLS connection of one session; frozen, made anew per session. */
export interface TlsIdentity {
  readonly secureContext: SecureContext;
  /** The same for data connections, once the control connection has shown which group the server takes. */
  dataContext(group: string | null): SecureContext;
  /** The name (or IP literal) the certificate must carry. */
  readonly expectedName: string;
  /** null for IP literals (RFC 6066 section 3). */
  readonly sniName: string | null;
  /** Base64 of SHA-256 over the SPKI; empty means no pin. */
  readonly pins: ReadonlySet<string>;
  /** Pins and no authority of its own: a pinned key is trusted even where no known authority vouches for it. */
  readonly trustsPinnedKey: boolean;
  readonly sessionReuse: 'required' | 'preferred' | 'off';
}

export function makeTlsIdentity(
  endpoint: FtpsEndpoint,
  clientCertificate: ClientCredential | undefined,
): TlsIdentity {
  const { tls } = endpoint;
  const secureContext = makeSecureContext(endpoint, clientCertificate, SHARED_AT_ONCE);
  // A second hello would cost a round trip on every data connection.
  let forGroup: SecureContext | undefined;
  const expectedName = tls.serverName ?? endpoint.host;
  return Object.freeze({
    secureContext,
    dataContext: (group: string | null) => {
      const known = GROUP_ON_RECORD[group ?? ''] ?? group;
      if (known === null || SHARED_AT_ONCE.includes(known) || !GROUPS.includes(known)) return secureContext;
      forGroup ??= makeSecureContext(endpoint, clientCertificate, [known]);
      return forGroup;
    },
    expectedName,
    sniName: isIP(expectedName) ? null : expectedName,
    pins: new Set(tls.pins.map(readPin)),
    trustsPinnedKey: tls.pins.length > 0 && tls.ca.length === 0,
    sessionReuse: tls.sessionReuse,
  });
}

function makeSecureContext(
  { name, tls }: FtpsEndpoint,
  clientCertificate: ClientCredential | undefined,
  sharedAtOnce: string[],
): SecureContext {
  const shown = clientCertificate ? credentialOf(name, clientCertificate) : {};
  try {
    const authorities = tls.ca.flatMap(readCertificates);
    if (tls.maxVersion && tls.maxVersion < tls.minVersion) throw new Error('maxVersion is below minVersion');
    return createSecureContext({
      // A partner's own certificate in `ca` is trusted as it stands, whoever signed it.
      ...(tls.ca.length > 0 ? { ca: authorities, allowPartialTrustChain: true } : { ca: systemRoots() }),
      ...shown,
      minVersion: tls.minVersion,
      ...(tls.maxVersion ? { maxVersion: tls.maxVersion } : {}),
      ciphers: CIPHERS,
      ecdhCurve: groupList(sharedAtOnce),
      // TLS 1.2 servers could replace the certificate we judged in the middle of a session.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    });
  } catch (cause) {
    throw new TransferError('invalid_configuration', {
      phase: 'connect',
      detail: `TLS settings of endpoint ${name} are not usable (authorities or versions)`,
      cause,
    });
  }
}

/** OpenSSL's notation: `*` sends a key share at once; those come first. */
function groupList(sharedAtOnce: string[]): string {
  const others = GROUPS.filter((group) => !sharedAtOnce.includes(group));
  return [...sharedAtOnce.map((group) => `*${group}`), ...others].join(':');
}

/** The credential as Node takes it. */
export function contextOptions(credential: ClientCredential): SecureContextOptions {
  const passphrase = credential.passphrase === undefined ? {} : { passphrase: credential.passphrase };
  return 'pkcs12' in credential
    ? { pfx: credential.pkcs12, ...passphrase }
    : { cert: credential.cert, key: credential.key, ...passphrase };
}

/** Tried alone first, so that a wrong passphrase is not taken for a wrong authority. */
function credentialOf(endpoint: string, credential: ClientCredential): SecureContextOptions {
  const options = contextOptions(credential);
  try {
    createSecureContext(options);
    return options;
  } catch (cause) {
    throw new TransferError('invalid_configuration', {
      phase: 'connect',
      detail: `the client certificate of endpoint ${endpoint} cannot be used: not PEM or PKCS#12, key and certificate do not belong together, or the passphrase is wrong`,
      cause,
    });
  }
}

/** Node leaves out what it cannot read; a typing error in a certificate must not pass for an empty list. */
function readCertificates(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!blocks) throw new Error('no certificate in the text');
  return blocks.map((block) => new X509Certificate(block).toString());
}

function systemRoots(): string[] {
  const roots = getCACertificates('system');
  // A slim container has no certificate store; Node carries Mozilla's.
  return roots.length > 0 ? roots : getCACertificates('bundled');
}

function readPin(pin: string): string {
  const base64 = /^sha256\/([A-Za-z0-9+/]{43}=)$/.exec(pin)?.[1];
  if (!base64)
    throw new TransferError('invalid_configuration', {
      phase: 'connect',
      detail: 'a pin must be `sha256/` and the base64 of a SHA-256',
    });
  return base64;
}
