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
  /** Default: ec (P-256); rsa has 2048 bits. The authority signs with its own P-256 key either way. */
  keyType?: 'ec' | 'rsa';
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
/** keyUsage: digitalSignature, and keyEncipherment for an RSA key. */
const LEAF_USAGE = {
  ec: bits(Buffer.from([0b1000_0000]), 7),
  rsa: bits(Buffer.from([0b1010_0000]), 5),
} as const;
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
  const key = newKey(wanted.keyType ?? 'ec');
  const signingKey = createPrivateKey(authority.privateKeyPem);
  const names = [
    ...(wanted.dnsNames ?? []).map((name) => implicit(2, Buffer.from(name, 'ascii'))),
    ...(wanted.ipAddresses ?? []).map((address) => implicit(7, addressBytes(address))),
  ];
  const extensions = [
    extension('2.5.29.19', true, sequence()), // basicConstraints: no CA
    extension('2.5.29.15', true, LEAF_USAGE[wanted.keyType ?? 'ec']),
    extension('2.5.29.37', false, sequence(objectIdentifier(EXTENDED_USAGE[wanted.usage ?? 'server']))),
    extension('2.5.29.14', false, octets(keyIdentifier(key.publicKey))),
    extension(
      '2.5.29.35',
      false,
      sequence(implicit(0, keyIdentifier(createPublicKey(authority.privateKeyPem)))),
    ),
    ...(names.length > 0 ? [extension('2.5.29.17', false, sequence(...names))] : []),
  ];
  const name = { subject: wanted.commonName, issuer: authority.commonName };
  const certificatePem = certificate({
    ...name,
    ...wanted,
    publicKey: key.publicKey,
    signingKey,
    extensions,
  });
  return { certificatePem, privateKeyPem: pemOf(key.privateKey) };
}

function newKey(keyType: 'ec' | 'rsa'): { publicKey: KeyObject; privateKey: KeyObject } {
  return keyType === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

interface Contents extends Validity {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  signingKey: KeyObject;
  extensions: Der[];
}

function certificate(contents: Contents): string {
  const notBefore = contents.notBefore ?? new Date(Date.now() - DAY_MS);
  const notAfter = contents.notAfter ?? new Date(Date.now() + 365 * DAY_MS);
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    ECDSA_WITH_SHA256,
    nameOf(contents.issuer),
    sequence(time(notBefore), time(notAfter)),
    nameOf(contents.subject),
    contents.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...contents.extensions)),
  );
  const signature = sign('sha256', toBeSigned, contents.signingKey);
  return asPem('CERTIFICATE', sequence(toBeSigned, ECDSA_WITH_SHA256, bits(signature)));
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
