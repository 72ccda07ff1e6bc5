import { readFeatures } from '../../../libs/ftps/src/features.ts';
import { hashCommands } from '../../../libs/ftps/src/hash-commands.ts';
import { ProtocolViolation } from '../../../libs/ftps/src/protocol-violation.ts';
import { answerOf, holds, type Target } from '../target.ts';
import { replyOf } from './one-reply.ts';

const DIGITS = { sha512: 128, sha256: 64, sha1: 40, md5: 32, crc32: 8 };
const SPOKEN = new Set(['HASH', 'SITE', 'XSHA512', 'XSHA256', 'XSHA1', 'XSHA', 'XMD5', 'XCRC']);
const HASH_WORDS = [
  'HASH',
  'SHA-512',
  'SHA-256',
  'SHA-1',
  'MD5',
  'CRC32',
  'XSHA512',
  'XSHA256',
  'XSHA',
  'XMD5',
  'XCRC',
];

export const features: Target = {
  name: 'feat',
  maxBytes: 10 * 1024,
  seeds: [
    '211-Features:\r\n UTF8\r\n MLST type*;size*;modify*;\r\n REST STREAM\r\n211 End',
    '211-Features:\n HASH SHA-256*;SHA-1;MD5\n SITE UTIME;CHECKSUM\n211-XCRC\nXSHA256\n211 End',
    '502 no',
  ],
  words: [
    '211-',
    '211 ',
    '\r\n',
    '\r\n ',
    ' ',
    '\t',
    ';',
    '*',
    'SITE CHECKSUM',
    'UTF8',
    'MLST ',
    'TVFS',
    ...HASH_WORDS,
  ],
  run(input) {
    const reply = replyOf(input);
    if (!reply) return ['no reply'];
    const found = readFeatures(reply);
    holds(found.size <= Math.max(0, reply.lines.length - 2), 'more features than lines');
    holds(found.size === 0 || reply.code === 211, 'features in another reply');
    for (const [name, value] of found) {
      holds(/^[A-Z][A-Z0-9-]*$/.test(name), `feature ${JSON.stringify(name)}`);
      holds(value === value.trim() && !value.includes('\n'), `value ${JSON.stringify(value)}`);
      const inner = reply.lines.slice(1, -1);
      holds(
        inner.some((line) => line.toUpperCase().includes(name)),
        `${name} is in no line`,
      );
      holds(
        inner.some((line) => line.includes(value)),
        `${value} is in no line`,
      );
    }
    const commands = hashCommands(found);
    for (const [algorithm, { verb, choose }] of commands) {
      holds(algorithm in DIGITS && SPOKEN.has(verb) && found.has(verb), `${verb} for ${algorithm}`);
      holds(choose === undefined || /^HASH [A-Z0-9-]{1,9}$/.test(choose), `${choose} for ${algorithm}`);
    }
    return [...HASH_WORDS.filter((word) => found.has(word)), ...commands.keys()];
  },
};

const OFFERS = [
  ['HASH SHA-512;SHA-256;SHA-1;MD5;CRC32'],
  ['XSHA512', 'XSHA256', 'XSHA1', 'XMD5', 'XCRC'],
  ['SITE CHECKSUM'],
].map((lines) => hashCommands(readFeatures({ code: 211, lines: ['211-F', ...lines, '211 End'] })));

export const hashes: Target = {
  name: 'hash-replies',
  seeds: [
    `213 SHA-256 0-3000000 ${'aB'.repeat(32)} name`,
    `250 ${'0F'.repeat(20)}`,
    '250 XCRC 5f2a',
    `213-Computing\r\n213 MD5 0-1 ${'9'.repeat(32)} /a b`,
    `250 ${'c'.repeat(128)}`,
    `213 CRC32 0-99 ${'1'.repeat(8)} x`,
    `213 SHA-1 0-99 ${'2'.repeat(40)} x`,
    `213 SHA-512 0-99 ${'3'.repeat(128)} x`,
  ],
  words: [
    '213 ',
    '250 ',
    '0-',
    '1-',
    '\r\n',
    ' ',
    'ab'.repeat(4),
    'ab'.repeat(16),
    'ab'.repeat(32),
    'g',
    ...HASH_WORDS,
  ],
  run(input) {
    const reply = replyOf(input);
    if (!reply) return ['no reply'];
    const outcomes: string[] = [];
    OFFERS.forEach((commands, offer) => {
      for (const [algorithm, command] of commands) {
        const hex = answerOf(ProtocolViolation, () => command.read(reply));
        if (hex === undefined) continue;
        outcomes.push(`${offer} ${algorithm}`);
        holds(hex.length === DIGITS[algorithm] && /^[0-9a-f]+$/.test(hex), `${algorithm} ${hex}`);
        const said = reply.lines.at(-1)!.toLowerCase();
        holds(
          said.includes(algorithm === 'crc32' ? hex.replace(/^0+(?=.)/, '') : hex),
          `${hex} was not said`,
        );
        if (offer === 0) holds(/ 0-\d+ /.test(said), 'the hash of a part');
      }
    });
    return outcomes;
  },
};
