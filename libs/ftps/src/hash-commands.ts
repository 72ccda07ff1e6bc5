import type { HashAlgorithm } from '#protocol';
import type { Features } from './features.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import { type Reply, replyText } from './reply-reader.ts';

/** How one algorithm is asked for on this server. */
export interface HashCommand {
  /** Sent first: chooses what HASH computes. */
  choose?: string;
  verb: string;
  argument(path: string): string;
  read(reply: Reply): string;
}

/** Names of draft-bryan-ftpext-hash-02 section 3.1, and what other commands call the same. */
const NAMES: Record<HashAlgorithm, { hash: string; verbs: string[]; digits: number }> = {
  sha512: { hash: 'SHA-512', verbs: ['XSHA512'], digits: 128 },
  sha256: { hash: 'SHA-256', verbs: ['XSHA256'], digits: 64 },
  sha1: { hash: 'SHA-1', verbs: ['XSHA1', 'XSHA'], digits: 40 },
  md5: { hash: 'MD5', verbs: ['XMD5'], digits: 32 },
  crc32: { hash: 'CRC32', verbs: ['XCRC'], digits: 8 },
};
const ALGORITHMS = Object.keys(NAMES) as HashAlgorithm[];

/** `SHA-256` and the like, as HASH and people call it. */
export function hashName(algorithm: HashAlgorithm): string {
  return NAMES[algorithm].hash;
}

/** What FEAT offers, strongest first: HASH before the X commands, which no standard describes, before SITE CHECKSUM. */
export function hashCommands(features: Features): ReadonlyMap<HashAlgorithm, HashCommand> {
  const listed = (features.get('HASH') ?? '')
    .split(';')
    .map((name) => name.replace('*', '').trim().toUpperCase());
  const site = (features.get('SITE') ?? '').toUpperCase().split(/[ ;]/).includes('CHECKSUM');
  const commands = new Map<HashAlgorithm, HashCommand>();
  for (const algorithm of ALGORITHMS) {
    const { hash, verbs } = NAMES[algorithm];
    const verb = verbs.find((candidate) => features.has(candidate));
    if (listed.includes(hash)) commands.set(algorithm, byHash(algorithm));
    else if (verb) commands.set(algorithm, byOwnVerb(verb, algorithm));
    else if (site && algorithm === 'sha256') commands.set(algorithm, bySite(algorithm));
  }
  return commands;
}

function byHash(algorithm: HashAlgorithm): HashCommand {
  const { hash } = NAMES[algorithm];
  return {
    choose: `HASH ${hash}`,
    verb: 'HASH',
    argument: (path) => path,
    read: (reply) => readHash(reply, algorithm),
  };
}

/** Names with spaces are quoted where arguments follow; these commands take the rest of the line. */
function byOwnVerb(verb: string, algorithm: HashAlgorithm): HashCommand {
  return { verb, argument: (path) => path, read: (reply) => readDigest(reply, algorithm) };
}

function bySite(algorithm: HashAlgorithm): HashCommand {
  return {
    verb: 'SITE',
    argument: (path) => `CHECKSUM ${path}`,
    read: (reply) => readDigest(reply, algorithm),
  };
}

/**
 * `213 SHA-256 0-3000000 HEX name` (draft-bryan-ftpext-hash-02). ProFTPD puts a `213-Computing…` line before it, so
 * the last line counts. The range must start at 0: a RANG left over would hash a part.
 */
function readHash(reply: Reply, algorithm: HashAlgorithm): string {
  const { hash, digits } = NAMES[algorithm];
  const words = (reply.lines.at(-1) ?? '').split(' ');
  const [code, name, range, hex] = words;
  const fits = code === '213' && name?.toUpperCase() === hash && /^0-\d{1,19}$/.test(range ?? '');
  if (!fits || !isHex(hex, digits)) throw new ProtocolViolation(`not a ${hash}: ${replyText(reply)}`);
  return hex.toLowerCase();
}

/** `250 HEX`, with words before it on some servers, in upper case on ProFTPD. CRC-32 may lack leading zeros. */
function readDigest(reply: Reply, algorithm: HashAlgorithm): string {
  const { hash, digits } = NAMES[algorithm];
  const hex = (reply.lines.at(-1) ?? '').slice(4).trim().split(' ').at(-1);
  const padded =
    algorithm === 'crc32' && hex && /^[0-9a-f]{1,8}$/i.test(hex) ? hex.padStart(digits, '0') : hex;
  if (!isHex(padded, digits)) throw new ProtocolViolation(`not a ${hash}: ${replyText(reply)}`);
  return padded.toLowerCase();
}

function isHex(text: string | undefined, digits: number): text is string {
  return text !== undefined && text.length === digits && /^[0-9a-f]+$/i.test(text);
}
