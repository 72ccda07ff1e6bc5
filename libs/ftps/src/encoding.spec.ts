import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeCommand } from './command-line.ts';
import { encodingProblem, textCoding } from './encoding.ts';

/** Text, and the bytes that its standard gives it. */
const SAMPLES = [
  ['utf8', 'Grüße ✓.csv', '4772c3bcc39f6520e29c932e637376'],
  ['UTF-8', '\ufeffx', 'efbbbf78'],
  ['latin1', 'é', 'e9'],
  ['ISO-8859-1', 'ÿ', 'ff'],
  ['iso-8859-2', 'Łódź', 'a3f364bc'],
  ['iso-8859-15', '€', 'a4'],
  ['cp1252', 'œ€', '9c80'],
  ['windows-1251', 'Счёт', 'd1f7b8f2'],
  ['koi8-r', 'Счёт', 'f3dea3d4'],
  ['cp437', 'Ä÷ß', '8ef6e1'],
  ['cp850', 'Å', '8f'],
  ['cp866', 'Я', '9f'],
  ['shift_jis', '表.txt', '955c2e747874'],
  ['euc-kr', '한', 'c7d1'],
  ['gbk', '国', 'b9fa'],
  ['gb18030', '€', 'a2e3'],
  ['big5', '中', 'a4a4'],
] as const;

describe('encodings by name', () => {
  test.each(SAMPLES)('%s writes %s as %s, and reads it back', (name, text, hex) => {
    expect(encodingProblem(name)).toBeUndefined();
    expect(textCoding(name).encode(text)!.toString('hex')).toBe(hex);
    expect(textCoding(name).decode(Buffer.from(hex, 'hex'))).toBe(text);
  });

  test.each([
    ['cp1252', 'Ł'],
    ['cp437', '€'],
    ['latin1', '\u010a'],
    ['iso-8859-2', '日本'],
    ['shift_jis', '¥'],
    ['gbk', '😀'],
    ['utf8', '\ud800'],
    ['cp1252', '\ud83d'],
    ['ascii', 'é'],
  ])('%s has no %j: nothing similar is sent in its place', (name, text) => {
    expect(textCoding(name).encode(`a${text}b`)).toBeUndefined();
  });

  test.each([
    ['utf8', 'c328'],
    ['utf8', 'eda080'],
    ['utf8', 'c0af'],
    ['ascii', '80'],
    ['shift_jis', '82'],
    ['euc-kr', 'ff41'],
    ['gbk', 'ff41'],
    // Two byte forms of one character: the second would be sent back as the first.
    ['shift_jis', '8790'],
  ])('%s does not read %s: a name that could not be sent back is none', (name, hex) => {
    expect(textCoding(name).decode(Buffer.from(`61${hex}`, 'hex'))).toBeUndefined();
  });

  test.each([
    'nope',
    'utf9',
    'cp99999',
    'cp037',
    '',
    ' ',
    '__proto__',
    'constructor',
    'toString',
    '_dbcs',
    '_internal',
  ])('%j is not known', (name) => {
    expect(encodingProblem(name)).toBe('is not a known encoding');
    expect(() => textCoding(name)).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
  });

  test.each([
    ...['utf16', 'ucs2', 'utf-16le', 'utf32', 'utf7', 'utf7-imap', 'base64', 'hex', 'armscii8', 'cp864'],
    // Letters where ASCII has control characters.
    ...['viscii', 'tcvn'],
  ])('%s is refused: a command would not be one in it', (name) => {
    expect(encodingProblem(name)).toContain('ASCII');
    expect(() => textCoding(name)).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
  });
});

const names = fc.constantFrom(...SAMPLES.map(([name]) => name));

test('whatever is encoded is read back as it was, and whatever is read goes back as the same bytes', () => {
  fc.assert(
    fc.property(names, fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 40 }), (name, text, raw) => {
      const coding = textCoding(name);
      const encoded = coding.encode(text);
      if (encoded) expect(coding.decode(encoded)).toBe(text);
      const bytes = Buffer.from(raw);
      const decoded = coding.decode(bytes);
      if (decoded !== undefined) expect(coding.encode(decoded)).toEqual(bytes);
    }),
  );
});

test('a separator or a line end is one in the bytes and in the text, and never a part of another character', () => {
  const raws = fc.array(
    fc.oneof(fc.nat(255), fc.constantFrom(0x00, 0x0a, 0x0d, 0x2f, 0x30, 0x5c, 0x81, 0x95)),
    {
      maxLength: 12,
    },
  );
  const count = (within: Iterable<number | string>, searched: number | string) =>
    [...within].filter((one) => one === searched).length;
  fc.assert(
    fc.property(names, raws, (name, raw) => {
      const text = textCoding(name).decode(Buffer.from(raw));
      if (text === undefined) return;
      for (const code of [0x00, 0x0a, 0x0d, 0x2f])
        expect(count(text, String.fromCharCode(code))).toBe(count(raw, code));
    }),
    { numRuns: 2_000 },
  );
});

test('no text in any encoding ends a command early', () => {
  fc.assert(
    fc.property(names, fc.string({ unit: 'binary', maxLength: 30 }), (name, text) => {
      const line = encodeCommand('RETR', text, textCoding(name));
      if (!line) return;
      expect(line.bytes.indexOf(0x0a)).toBe(line.bytes.length - 1);
      expect(line.bytes.indexOf(0x0d)).toBe(line.bytes.length - 2);
      expect(line.bytes.includes(0x00)).toBe(false);
      // Telnet's IAC would take the next byte with it.
      expect(line.bytes.includes(0xff)).toBe(false);
    }),
  );
});
