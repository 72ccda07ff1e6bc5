import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { textCoding } from './encoding.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import { MAX_LINE_BYTES, type Reply, ReplyReader } from './reply-reader.ts';

function read(...chunks: Array<string | Buffer>): Reply[] {
  const reader = new ReplyReader(textCoding('utf8'));
  return chunks.flatMap((chunk) => reader.push(Buffer.from(chunk)));
}

const DIALOGUE =
  '220-Willkommen, Jürgen\r\n 220 inner\r\n221 inner\r\n220 ready\r\n213 12345\r\n' +
  '211-Features:\n UTF8\n211 End\n200\r\n250-a\r\n250-b\r\n250 c\r\n';

describe('ReplyReader', () => {
  test('a reply split at every byte means the same', () => {
    const whole = read(DIALOGUE);
    expect(whole.map(({ code, lines }) => [code, lines.length])).toEqual([
      [220, 4],
      [213, 1],
      [211, 3],
      [200, 1],
      [250, 3],
    ]);
    expect(read(...[...Buffer.from(DIALOGUE)].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });

  test('any chunking means the same', () => {
    const bytes = Buffer.from(DIALOGUE);
    const cuts = fc.uniqueArray(fc.nat(bytes.length), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, (positions) => {
        const sorted = [0, ...positions.sort((a, b) => a - b), bytes.length];
        const chunks = sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
        expect(read(...chunks)).toEqual(read(bytes));
      }),
    );
  });

  test('any bytes in any chunking give replies or a violation, and the same ones', () => {
    const outcome = (chunks: Uint8Array[]) => {
      try {
        return read(...chunks.map((chunk) => Buffer.from(chunk)));
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolViolation);
        return 'violation';
      }
    };
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (chunks) => {
        expect(outcome(chunks)).toEqual(outcome([Buffer.concat(chunks)]));
      }),
    );
  });

  test('holds an unfinished number back: SIZE cut in two is not a smaller size', () => {
    expect(read('213 12')).toEqual([]);
    expect(read('213 12', '345\r\n')).toEqual([{ code: 213, lines: ['213 12345'] }]);
  });

  test('a multi-line reply ends only with its own code', () => {
    expect(read('553-no\r\n150 sure\r\n')).toEqual([]);
    expect(read('553-no\r\n150 sure\r\n553 end\r\n')).toHaveLength(1);
  });

  test.each([
    ['an HTTP server', 'HTTP/1.1 400 Bad Request\r\n'],
    ['an SSH server', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a code out of range', '631 protected\r\n'],
    ['a code glued to text', '2200 ready\r\n'],
    ['an empty line', '\r\n'],
    ['too many replies at once', '200 ok\r\n'.repeat(40)],
  ])('refuses %s', (_what, text) => {
    expect(() => read(text)).toThrow(ProtocolViolation);
  });

  test('the longest line is one however it is cut, between CR and LF too', () => {
    const line = `220 ${'a'.repeat(MAX_LINE_BYTES - 4)}`;
    const whole = read(`${line}\r\n`);
    expect(whole).toEqual([{ code: 220, lines: [line] }]);
    expect(read(`${line}\r`, '\n')).toEqual(whole);
    expect(read(line, '\r', '\n')).toEqual(whole);
    expect(() => read(`${line}a\r`)).toThrow('8 KiB');
  });

  test('cuts an endless line and an endless reply', () => {
    expect(() => read(`220 ${'a'.repeat(MAX_LINE_BYTES)}`)).toThrow('8 KiB');
    expect(() => read('220-\r\n', 'a\r\n'.repeat(30_000))).toThrow('64 KiB');
  });
});
