import type { Socket } from 'node:net';
import { readConnectAnswer } from '../../../libs/ftps/src/http-connect.ts';
import { type AnswerReader, ProxyRefusal, readAnswer } from '../../../libs/ftps/src/proxy.ts';
import { readSocksAnswer } from '../../../libs/ftps/src/socks-connect.ts';
import { holds, type Target } from '../target.ts';
import { chunkings } from './chunks.ts';
import { isShown } from './text.ts';

interface Hearing {
  /** Length of the answer, the code of a refusal, or that more has to come. */
  verdict: number | string;
  /** What the target said behind the answer, as far as it is there. */
  rest: Buffer;
}

function target(
  name: string,
  read: AnswerReader,
  seeds: readonly string[],
  words: readonly string[],
): Target {
  return {
    name,
    maxBytes: 9 * 1024,
    seeds,
    words,
    run: (input) => {
      const [whole, ...cut] = chunkings(input).map((chunks) => hear(chunks, read));
      for (const one of cut) {
        holds(one.verdict === whole!.verdict, `${whole!.verdict} in one piece, ${one.verdict} in several`);
        holds(one.rest.equals(whole!.rest), 'other bytes behind the answer in several pieces');
      }
      const { verdict, rest } = whole!;
      if (typeof verdict === 'string') return [verdict];
      holds(verdict > 0 && verdict <= input.length, `an answer of ${verdict} bytes`);
      holds(rest.equals(input.subarray(verdict)), 'bytes of the target are lost');
      holds(hear([input.subarray(0, verdict)], read).verdict === verdict, 'the answer alone is none');
      holds(
        hear([input.subarray(0, verdict - 1)], read).verdict === 'more',
        'the answer is complete before its end',
      );
      return ['open'];
    },
  };
}

/** `readAnswer` with chunks as they come; what it leaves to others is collected as the next listener would get it. */
function hear(chunks: readonly Buffer[], read: AnswerReader): Hearing {
  const waiting: Buffer[] = [];
  let verdict: number | string = 'more';
  let unexpected: unknown;
  let words = '';
  let listener: (() => void) | undefined;
  const socket = {
    read: () => waiting.shift() ?? null,
    unshift: (bytes: Buffer) => waiting.unshift(bytes),
    on: (_event: 'readable', begun: () => void) => {
      listener = begun;
    },
    off: () => {
      listener = undefined;
    },
  };
  readAnswer(socket as unknown as Socket, (received) => {
    try {
      const length = read(received);
      if (length !== undefined) verdict = length;
      return length;
    } catch (error) {
      // Only the promise would hear of it, and later.
      unexpected = error instanceof ProxyRefusal ? undefined : error;
      verdict = error instanceof ProxyRefusal ? error.code : 'thrown';
      if (error instanceof ProxyRefusal) words = error.message;
      throw error;
    }
  }).catch(() => {});
  for (const chunk of chunks) {
    waiting.push(chunk);
    listener?.();
  }
  if (unexpected !== undefined) throw unexpected;
  isShown(words, 'the refusal');
  holds((verdict === 'more') === (listener !== undefined), 'still listens, or no longer');
  return { verdict, rest: typeof verdict === 'number' ? Buffer.concat(waiting) : Buffer.alloc(0) };
}

export const proxies: Target[] = [
  target(
    'proxy-http',
    readConnectAnswer,
    [
      'HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n220 ready\r\n',
      'HTTP/1.0 200\r\n\r\n',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
      'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n',
    ],
    [
      'HTTP/1.1 ',
      'HTTP/1.0 ',
      'HTTP/2 ',
      '200',
      '204',
      '101',
      '100 ',
      '407',
      '401',
      '403',
      '429',
      '503',
      '502',
      '504',
      '600',
      '\r\n\r\n',
      '\r\n',
      '\n\n',
    ],
  ),
  target(
    'proxy-socks',
    readSocksAnswer,
    [
      '\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x00220 ready\r\n',
      '\x05\x02\x01\x00\x05\x00\x00\x03\x03abc\x04\x00',
      '\x05\x00\x05\x00\x00\x040123456789abcdef\x04\x00',
      '\x05\x02\x01\x01',
      '\x05\x00\x05\x05\x00\x01',
    ],
    [
      '\x05\x00',
      '\x05\x02',
      '\x01\x00',
      '\x05\x00\x00',
      '\x01',
      '\x03',
      '\x04',
      '\x05\x00\x00\x03\x00\x00\x00',
    ],
  ),
];
