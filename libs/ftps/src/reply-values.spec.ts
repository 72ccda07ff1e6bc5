import { describe, expect, test } from 'vitest';
import { encodeCommand } from './command-line.ts';
import { textCoding } from './encoding.ts';
import { readFeatures } from './features.ts';
import { hashCommands } from './hash-commands.ts';
import { printable } from './printable.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import { instantOf, readModified, readSize, timeText } from './reply-values.ts';

const reply = (...lines: string[]) => ({ code: Number(lines[0]!.slice(0, 3)), lines });
const HEX = 'ab'.repeat(32);

test('a line of nothing but blanks costs FEAT its length, not the square of it', () => {
  const begun = performance.now();
  expect(readFeatures(reply('211-F', `${' '.repeat(200_000)}!`, ' UTF8', '211 End')).size).toBe(1);
  expect(performance.now() - begun).toBeLessThan(1_000);
});

describe('SIZE', () => {
  test('is a number of bytes, exactly', () => {
    expect(readSize(reply('213 0'))).toBe(0n);
    expect(readSize(reply('213 9223372036854775807'))).toBe(9223372036854775807n);
  });

  test.each([
    '213 -5',
    '213 12abc',
    '213 1e20',
    '213 0x10',
    '213  12',
    '213 12 ',
    '213 ١٢',
    '213 9223372036854775808',
    '213 99999999999999999999',
    '213',
  ])('refuses %s', (text) => expect(() => readSize(reply(text))).toThrow(ProtocolViolation));
});

test('MDTM keeps the server’s text', () => {
  expect(readModified(reply('213 20261121063222.5'))).toBe('20261121063222.5');
  expect(() => readModified(reply('213 yesterday'))).toThrow(ProtocolViolation);
});

test('a time is UTC, and only a real one is an instant', () => {
  expect(instantOf('20261121063222.5')).toEqual(new Date('2026-11-21T06:32:22.500Z'));
  for (const text of ['20261321063222', '20260230000000', 'Nov 21 06:06', ''])
    expect(instantOf(text)).toBeNull();
  expect(timeText(new Date('2026-11-21T06:32:22.500Z'))).toBe('20261121063222');
});

test.each([
  ['a minute 60', '20261121106000'],
  ['a second 61', '20261121100061'],
  ['an hour 24', '20261121240000'],
  ['the year 50, which JavaScript takes for 1950', '00500101000000'],
])('%s is no instant', (_what, text) => {
  expect(instantOf(text)).toBeNull();
});

test('a leap second is the first of the next minute, also of the next year (RFC 3659 section 2.3)', () => {
  expect(instantOf('20261231235960')).toEqual(new Date('2027-01-01T00:00:00Z'));
});

describe('hash commands', () => {
  const offered = (...lines: string[]) =>
    hashCommands(readFeatures(reply('211-Features:', ...lines, '211 End')));

  test('are those that FEAT names, strongest first; HASH before the X commands', () => {
    const all = offered(' hash CRC32;MD5;SHA-1*;SHA-256;SHA-512', ' XSHA256', ' XCRC');
    expect([...all.keys()]).toEqual(['sha512', 'sha256', 'sha1', 'md5', 'crc32']);
    expect(all.get('sha256')).toMatchObject({ verb: 'HASH', choose: 'HASH SHA-256' });
    expect([...offered(' XSHA256', ' XMD5')].map(([name, { verb }]) => [name, verb])).toEqual([
      ['sha256', 'XSHA256'],
      ['md5', 'XMD5'],
    ]);
    expect(offered(' SITE UTIME;CHECKSUM').get('sha256')!.argument('/a b')).toBe('CHECKSUM /a b');
    expect(offered(' SIZE').size).toBe(0);
    expect(hashCommands(readFeatures(reply('502 what?'))).size).toBe(0);
  });

  test('HASH is read from its last line, from offset 0 only', () => {
    const hash = offered(' HASH SHA-256').get('sha256')!;
    expect(hash.read(reply('213-Computing', `213 SHA-256 0-30 ${HEX.toUpperCase()} /a b`))).toBe(HEX);
    for (const wrong of [`SHA-256 5-30 ${HEX} /a`, `SHA-1 0-30 ${HEX} /a`, `SHA-256 0-30 ${HEX}0 /a`, 'what'])
      expect(() => hash.read(reply(`213 ${wrong}`))).toThrow(ProtocolViolation);
  });

  test('an X command is read from its last word, with the digits of its algorithm and no other', () => {
    const commands = offered(' XSHA512', ' XSHA256', ' XSHA1', ' XMD5', ' XCRC');
    for (const [algorithm, digits] of [
      ['sha512', 128],
      ['sha256', 64],
      ['sha1', 40],
      ['md5', 32],
      ['crc32', 8],
    ] as const) {
      const command = commands.get(algorithm)!;
      const hex = 'AB'.repeat(digits / 2);
      expect(command.read(reply(`250 ${hex}`))).toBe(hex.toLowerCase());
      expect(command.read(reply(`250 The digest is ${hex}`))).toBe(hex.toLowerCase());
      expect(() => command.read(reply(`250 ${hex}0`))).toThrow(ProtocolViolation);
      expect(() => command.read(reply('250 done'))).toThrow(ProtocolViolation);
    }
    expect(commands.get('crc32')!.read(reply('250 1A2B'))).toBe('00001a2b');
  });
});

describe('a command line', () => {
  test.each(['a\r\nDELE b', 'a\nb', 'a\0b'])('is not made of %j', (argument) => {
    expect(encodeCommand('RETR', argument, textCoding('utf8'))).toBeUndefined();
  });

  test('is judged by its encoded bytes: U+010A is a line feed in latin1', () => {
    expect(encodeCommand('RETR', 'a\u010ab', textCoding('latin1'))).toBeUndefined();
    expect(encodeCommand('RETR', 'a\u010ab', textCoding('utf8'))).toBeDefined();
    expect(encodeCommand('RETR', 'lone \ud800', textCoding('utf8'))).toBeUndefined();
    expect(encodeCommand('RETR', 'ÿ.csv', textCoding('latin1'))).toBeUndefined();
    expect(encodeCommand('RETR', 'ÿ.csv', textCoding('utf8'))).toBeDefined();
  });

  test('keeps spaces, and hides secrets in the transcript', () => {
    expect(encodeCommand('RETR', '  a ', textCoding('utf8'))!.bytes.toString()).toBe('RETR   a \r\n');
    expect(encodeCommand('PASS', 'secret', textCoding('utf8'))!.shown).toBe('PASS ****');
    expect(encodeCommand('ACCT', 'secret', textCoding('utf8'))!.shown).toBe('ACCT ****');
    expect(encodeCommand('RETR', 'a\u001b[2J\u202e', textCoding('utf8'))!.shown).toBe(
      'RETR a\\x1b[2J\\u202e',
    );
  });
});

test('peers’ text is shown with its control characters escaped', () => {
  expect(printable('\u001b]0;x\u0007 ok')).toBe('\\x1b]0;x\\x07 ok');
});

test('peers’ text is never cut within a character', () => {
  expect(printable('abc😀', 4)).toBe('abc…');
  expect(printable('ab😀d', 4)).toBe('ab😀…');
});
