import { describe, expect, test } from 'vitest';
import { encodeCommand } from './command-line.ts';
import { textCoding } from './encoding.ts';
import { readFeatures, sha256Command } from './features.ts';
import { printable } from './printable.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import { readHash, readModified, readSize, readXsha256 } from './reply-values.ts';

const reply = (...lines: string[]) => ({ code: Number(lines[0]!.slice(0, 3)), lines });
const HEX = 'ab'.repeat(32);

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

test('HASH reads the last line, from offset 0 only', () => {
  expect(readHash(reply('213-Computing', `213 SHA-256 0-30 ${HEX.toUpperCase()} /a b`))).toBe(HEX);
  expect(() => readHash(reply(`213 SHA-256 5-30 ${HEX} /a`))).toThrow(ProtocolViolation);
  expect(() => readHash(reply(`213 SHA-1 0-30 ${HEX} /a`))).toThrow(ProtocolViolation);
  expect(readXsha256(reply(`250 ${HEX}`))).toBe(HEX);
});

test('FEAT names are case-insensitive and tell how to hash', () => {
  const features = readFeatures(reply('211-Features:', ' utf8', ' HASH CRC32;MD5;SHA-1*;SHA-256', '211 End'));
  expect(features.has('UTF8')).toBe(true);
  expect(sha256Command(features)).toBe('HASH');
  expect(sha256Command(readFeatures(reply('211-x', ' XSHA256', '211 End')))).toBe('XSHA256');
  expect(sha256Command(readFeatures(reply('502 what?')))).toBeNull();
});

describe('a command line', () => {
  test.each(['a\r\nDELE b', 'a\nb', 'a\0b'])('is not made of %j', (argument) => {
    expect(encodeCommand('RETR', argument, textCoding('utf8'))).toBeUndefined();
  });

  test('is judged by its encoded bytes: U+010A is a line feed in latin1', () => {
    expect(encodeCommand('RETR', 'a\u010ab', textCoding('latin1'))).toBeUndefined();
    expect(encodeCommand('RETR', 'a\u010ab', textCoding('utf8'))).toBeDefined();
    expect(encodeCommand('RETR', 'lone \ud800', textCoding('utf8'))).toBeUndefined();
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
