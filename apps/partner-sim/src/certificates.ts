import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { isIP } from 'node:net';
import {
  bits,
  type Der,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octets,
  sequence,
  set,
  time,
  truth,
  utf8,
} from './der.ts';

/** A certificate and its private key, PEM. */
export interface Identity {
  certificatePem: string;
  privateKeyPem: string;
}

/** An identity that signs others. */
export interface Authority extends Identity {
  commonName: string;
}

interface Validity {
  notBefore?: Date | undefined;
  notAfter?: Date | undefined;
}

export interface CertificateRequest extends Validity {
  commonName: string;
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
  /** Default: server. */
  usage?: 'server' | 'client';
  /**
   * Default: ec (P-256); rsa has 2048 bits, rsa_1024 is as weak as it says. The authority signs with its own P-256 key
   * either way.
   */
  keyType?: 'ec' | 'rsa' | 'rsa_1024';
  /** A new certificate for the key of an earlier one: what a renewal often is. */
  keyOf?: Identity;
  /** Default: sha256. */
  signedWith?: 'sha256' | 'sha1';
}

const DAY_MS = 86_400_000;
/** ecdsa-with-SHA256 and ecdsa-with-SHA1 (RFC 5758 section 3.2, RFC 3279 section 2.2.3). */
const SIGNATURES = {
  sha256: sequence(objectIdentifier('1.2.840.10045.4.3.2')),
  sha1: sequence(objectIdentifier('1.2.840.10045.4.1')),
} as const;
/** keyUsage: digitalSignature, and keyEncipherment for an RSA key. */
const EC_USAGE = bits(Buffer.from([0b1000_0000]), 7);
const RSA_USAGE = bits(Buffer.from([0b1010_0000]), 5);
const EXTENDED_USAGE = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

/** A new self-signed authority on P-256. */
export function makeAuthority(wanted: { commonName: string } & Validity): Authority {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extensions = [
    extension('2.5.29.19', true, sequence(truth(true))), // basicConstraints: CA
    extension('2.5.29.15', true, bits(Buffer.from([0b0000_0110]), 1)), // keyUsage: keyCertSign, cRLSign
    extension('2.5.29.14', false, octets(keyIdentifier(key.publicKey))),
  ];
  const name = { subject: wanted.commonName, issuer: wanted.commonName };
  const certificatePem = certificate({
    ...name,
    ...wanted,
    publicKey: key.publicKey,
    signingKey: key.privateKey,
    extensions,
  });
  return { commonName: wanted.commonName, certificatePem, privateKeyPem: pemOf(key.privateKey) };
}

/** A new leaf of the authority, with subject alternative names (RFC 5280 section 4.2.1.6). */
export function issueCertificate(authority: Authority, wanted: CertificateRequest): Identity {
  return issue(keyFor(wanted), createPrivateKey(authority.privateKeyPem), authority.commonName, wanted);
}

/** A leaf that vouches for itself: what many partners have. */
export function selfSignedCertificate(wanted: CertificateRequest): Identity {
  const key = keyFor(wanted);
  return issue(key, key.privateKey, wanted.commonName, wanted);
}

function issue(key: KeyPair, signingKey: KeyObject, issuer: string, wanted: CertificateRequest): Identity {
  const names = [
    ...(wanted.dnsNames ?? []).map((name) => implicit(2, Buffer.from(name, 'ascii'))),
    ...(wanted.ipAddresses ?? []).map((address) => implicit(7, addressBytes(address))),
  ];
  const extensions = [
    extension('2.5.29.19', true, sequence()), // basicConstraints: no CA
    extension('2.5.29.15', true, key.publicKey.asymmetricKeyType === 'ec' ? EC_USAGE : RSA_USAGE),
    extension('2.5.29.37', false, sequence(objectIdentifier(EXTENDED_USAGE[wanted.usage ?? 'server']))),
    extension('2.5.29.14', false, octets(keyIdentifier(key.publicKey))),
    extension('2.5.29.35', false, sequence(implicit(0, keyIdentifier(createPublicKey(signingKey))))),
    ...(names.length > 0 ? [extension('2.5.29.17', false, sequence(...names))] : []),
  ];
  const certificatePem = certificate({
    ...wanted,
    subject: wanted.commonName,
    issuer,
    publicKey: key.publicKey,
    signingKey,
    extensions,
  });
  return { certificatePem, privateKeyPem: pemOf(key.privateKey) };
}

interface KeyPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

function keyFor({ keyOf, keyType = 'ec' }: CertificateRequest): KeyPair {
  if (keyOf) {
    const privateKey = createPrivateKey(keyOf.privateKeyPem);
    return { privateKey, publicKey: createPublicKey(privateKey) };
  }
  return keyType === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: keyType === 'rsa' ? 2048 : 1024 });
}

interface Contents extends Validity {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  signingKey: KeyObject;
  signedWith?: 'sha256' | 'sha1';
  extensions: Der[];
}

function certificate(contents: Contents): string {
  const notBefore = contents.notBefore ?? new Date(Date.now() - DAY_MS);
  const notAfter = contents.notAfter ?? new Date(Date.now() + 365 * DAY_MS);
  const hash = contents.signedWith ?? 'sha256';
  const algorithm = SIGNATURES[hash];
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    algorithm,
    nameOf(contents.issuer),
    sequence(time(notBefore), time(notAfter)),
    nameOf(contents.subject),
    contents.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...contents.extensions)),
  );
  const signature = sign(hash, toBeSigned, contents.signingKey);
  return asPem('CERTIFICATE', sequence(toBeSigned, algorithm, bits(signature)));
}

function nameOf(commonName: string): Der {
  return sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8(commonName))));
}

function extension(identifier: string, critical: boolean, value: Der): Der {
  return sequence(objectIdentifier(identifier), ...(critical ? [truth(true)] : []), octets(value));
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const missing = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: Math.max(0, missing) }, () => 0), ...groups(tail)];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function asPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
