import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readConnectAnswer } from './http-connect.ts';
import { type AnswerReader, ProxyRefusal } from './proxy.ts';
import { readSocksAnswer } from './socks-connect.ts';

/** What the reader says when the bytes come one by one: at the first verdict it is not asked again. */
function verdict(read: AnswerReader, bytes: Buffer): { length: number } | { code: string } | 'more' {
  for (let end = 1; end <= bytes.length; end += 1) {
    try {
      const length = read(bytes.subarray(0, end));
      if (length !== undefined) return { length };
    } catch (error) {
      if (error instanceof ProxyRefusal) return { code: error.code };
      throw error;
    }
  }
  return 'more';
}

function atOnce(read: AnswerReader, bytes: Buffer): ReturnType<typeof verdict> {
  try {
    const length = read(bytes);
    return length === undefined ? 'more' : { length };
  } catch (error) {
    if (error instanceof ProxyRefusal) return { code: error.code };
    throw error;
  }
}

const address = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from([1, ...bytes])),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from([4, ...bytes])),
  fc.uint8Array({ maxLength: 255 }).map((bytes) => Buffer.from([3, bytes.length, ...bytes])),
);
const rest = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

const readers: [string, AnswerReader, fc.Arbitrary<Buffer>][] = [
  [
    'SOCKS',
    readSocksAnswer,
    fc
      .tuple(fc.constantFrom([5, 0], [5, 2, 1, 0]), address)
      .map(([opening, bound]) =>
        Buffer.concat([Buffer.from([...opening, 5, 0, 0]), bound, Buffer.from([0, 21])]),
      ),
  ],
  [
    'HTTP',
    readConnectAnswer,
    fc
      .tuple(fc.constantFrom('', 'HTTP/1.1 103 Early\r\nLink: x\r\n\r\n'), fc.integer({ min: 200, max: 299 }))
      .map(([interim, status]) =>
        Buffer.from(`${interim}HTTP/1.1 ${status} fine\r\nContent-Length: 9\r\n\r\n`),
      ),
  ],
];

describe.each(readers)('a good %s answer', (_name, read, good) => {
  test('ends where it ends, however it is cut and whatever follows', () => {
    fc.assert(
      fc.property(good, rest, (answer, following) => {
        const both = Buffer.concat([answer, following]);
        expect(atOnce(read, both)).toEqual({ length: answer.length });
        expect(verdict(read, both)).toEqual({ length: answer.length });
      }),
    );
  });

  test('is not there before its last byte', () => {
    fc.assert(
      fc.property(good, (answer) => {
        expect(verdict(read, answer.subarray(0, -1))).toBe('more');
      }),
    );
  });

  test('with one wrong byte is an answer, a refusal or incomplete, and nothing else', () => {
    fc.assert(
      fc.property(good, fc.nat(), fc.integer({ min: 0, max: 255 }), (answer, place, byte) => {
        const damaged = Buffer.from(answer);
        damaged[place % damaged.length] = byte;
        verdict(read, damaged);
      }),
    );
  });
});

test.each(readers)('any bytes of a %s proxy are an answer, a refusal or incomplete', (_name, read) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      verdict(read, Buffer.from(bytes));
    }),
  );
});

test('an HTTP answer of interim answers without end is refused', () => {
  const endless = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'.repeat(500));
  expect(atOnce(readConnectAnswer, endless)).toEqual({ code: 'protocol_violation' });
});
