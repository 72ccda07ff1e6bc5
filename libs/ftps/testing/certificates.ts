import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIPv4 } from 'node:net';

/** Certificates for tests, made when they run: X.509 v3 with P-256 keys, written as DER by hand. */
export interface TestCertificate {
  /** PEM. */
  cert: string;
  /** PEM, PKCS#8. */
  key: string;
  /** What a pin names. */
  spki: Buffer;
}

export interface CertificateRequest {
  commonName: string;
  /** DNS names and IPv4 addresses. */
  names?: string[];
  notBefore?: Date;
  notAfter?: Date;
  usage?: 'server' | 'client';
}

const DAY_MS = 86_400_000;
const OID = {
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  commonName: [0x55, 0x04, 0x03],
  basicConstraints: [0x55, 0x1d, 0x13],
  keyUsage: [0x55, 0x1d, 0x0f],
  subjectAltName: [0x55, 0x1d, 0x11],
  extendedKeyUsage: [0x55, 0x1d, 0x25],
  serverAuth: [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01],
  pkcs7Data: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01],
  shroudedKeyBag: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02],
  certBag: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x03],
  x509Certificate: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01],
  clientAuth: [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02],
};

/** A certificate authority that lives as long as the test. */
export class TestAuthority {
  readonly cert: string;
  readonly #key: KeyObject;
  readonly #name: string;

  constructor(name = 'Test Authority') {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = pair.privateKey;
    this.#name = name;
    const extensions = [
      extension(OID.basicConstraints, sequence(Buffer.from([0x01, 0x01, 0xff])), true),
      extension(OID.keyUsage, Buffer.from([0x03, 0x02, 0x01, 0x06]), true),
    ];
    this.cert = certificate(pair.publicKey, { commonName: name }, extensions, name, this.#key);
  }

  issue(request: CertificateRequest): TestCertificate {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const extensions = leafExtensions(request);
    return {
      cert: certificate(pair.publicKey, request, extensions, this.#name, this.#key),
      key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      spki: pair.publicKey.export({ type: 'spki', format: 'der' }),
    };
  }
}

/** Signed by its own key: what many partners have. */
export function selfSigned(request: CertificateRequest): TestCertificate {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    cert: certificate(pair.publicKey, request, leafExtensions(request), request.commonName, pair.privateKey),
    key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    spki: pair.publicKey.export({ type: 'spki', format: 'der' }),
  };
}

/**
 * PKCS#12 (RFC 7292) with the certificate in clear and the key encrypted, without a MAC: as small as a reader still
 * takes it.
 */
export function pkcs12Of({ cert, key }: TestCertificate, passphrase: string): Buffer {
  const keyBag = createPrivateKey(key).export({
    type: 'pkcs8',
    format: 'der',
    cipher: 'aes-256-cbc',
    passphrase,
  });
  const certBag = sequence(oid(OID.x509Certificate), der(0xa0, der(0x04, new X509Certificate(cert).raw)));
  const bags = sequence(
    sequence(oid(OID.certBag), der(0xa0, certBag)),
    sequence(oid(OID.shroudedKeyBag), der(0xa0, keyBag)),
  );
  const data = (content: Buffer) => sequence(oid(OID.pkcs7Data), der(0xa0, der(0x04, content)));
  return sequence(integer(Buffer.from([3])), data(sequence(data(bags))));
}

function leafExtensions({ names = [], usage = 'server' }: CertificateRequest): Buffer[] {
  const purpose = usage === 'server' ? OID.serverAuth : OID.clientAuth;
  const extensions = [extension(OID.extendedKeyUsage, sequence(oid(purpose)))];
  if (names.length > 0)
    extensions.push(extension(OID.subjectAltName, sequence(...names.map(alternativeName))));
  return extensions;
}

function alternativeName(name: string): Buffer {
  return isIPv4(name)
    ? der(0x87, Buffer.from(name.split('.').map(Number)))
    : der(0x82, Buffer.from(name, 'latin1'));
}

/** RFC 5280 section 4.1. */
function certificate(
  publicKey: KeyObject,
  request: CertificateRequest,
  extensions: Buffer[],
  issuer: string,
  issuerKey: KeyObject,
): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    algorithm,
    distinguishedName(issuer),
    sequence(
      utcTime(request.notBefore ?? new Date(Date.now() - DAY_MS)),
      utcTime(request.notAfter ?? new Date(Date.now() + DAY_MS)),
    ),
    distinguishedName(request.commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, issuerKey);
  const whole = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const base64 = whole.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

function extension(id: number[], value: Buffer, critical = false): Buffer {
  const flag = critical ? Buffer.from([0x01, 0x01, 0xff]) : Buffer.alloc(0);
  return sequence(oid(id), flag, der(0x04, value));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid(OID.commonName), der(0x0c, Buffer.from(commonName)))));
}

function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`, 'latin1'));
}

function integer(value: Buffer): Buffer {
  return der(0x02, value);
}

function oid(encoded: number[]): Buffer {
  return der(0x06, Buffer.from(encoded));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}
