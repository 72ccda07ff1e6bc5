import { isDeepStrictEqual } from 'node:util';
import { textCoding } from '../../../libs/ftps/src/encoding.ts';
import { ProtocolViolation } from '../../../libs/ftps/src/protocol-violation.ts';
import {
  MAX_LINE_BYTES,
  MAX_REPLY_BYTES,
  type Reply,
  ReplyReader,
  replyText,
} from '../../../libs/ftps/src/reply-reader.ts';
import { holds, type Target } from '../target.ts';
import { chunkings } from './chunks.ts';
import { isShown } from './text.ts';

/** The reader refuses more that nobody has asked for in one piece: there alone a chunking may be refused by itself. */
const MOST_AT_ONCE = 16;
const CODINGS = ['utf8', 'latin1'].map(textCoding);

interface Reading {
  replies: Reply[];
  midReply: boolean;
  violated: boolean;
}

export const replies: Target = {
  name: 'reply-reader',
  maxBytes: 10 * 1024,
  seeds: [
    '220 ready\r\n',
    '220-Willkommen, Jürgen\r\n 220 inner\r\n221 inner\r\n220 ready\r\n213 12345\r\n',
    '211-Features:\n UTF8\n211 End\n200\r\n250-a\r\n250-b\r\n250 c\r\n',
    '200 a\n'.repeat(17),
  ],
  words: ['\r\n', '\n', '\r', '220 ', '220-', '211-', '211 ', '100 ', '599', ' 220 ', '\xff\xf4', '\0', 'é'],
  run(input) {
    const outcomes = new Set<string>();
    for (const coding of CODINGS) {
      const [whole, ...cut] = chunkings(input).map((chunks) => read(new ReplyReader(coding), chunks));
      for (const one of cut) agree(whole!, one);
      whole!.replies.forEach(judge);
    }
    const latin1 = read(new ReplyReader(textCoding('latin1')), chunkings(input).at(-1)!);
    if (!latin1.violated) nothingIsLost(input, latin1);
    outcomes.add(latin1.violated ? 'violated' : latin1.midReply ? 'mid reply' : 'complete');
    for (const { lines } of latin1.replies) outcomes.add(lines.length === 1 ? 'one line' : 'many lines');
    return outcomes;
  },
};

function read(reader: ReplyReader, chunks: readonly Buffer[]): Reading {
  const replies: Reply[] = [];
  try {
    for (const chunk of chunks) replies.push(...reader.push(chunk));
    return { replies, midReply: reader.midReply, violated: false };
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) throw error;
    return { replies, midReply: false, violated: true };
  }
}

function agree(whole: Reading, cut: Reading): void {
  if (whole.violated && !cut.violated) {
    holds(cut.replies.length > MOST_AT_ONCE, 'refused in one piece, accepted in several');
    return;
  }
  holds(whole.violated === cut.violated, 'accepted in one piece, refused in several');
  holds(whole.midReply === cut.midReply, 'complete in one piece, not in several');
  // Before a violation the pieces have delivered what the whole could not.
  if (!whole.violated)
    holds(isDeepStrictEqual(whole.replies, cut.replies), 'other replies in several pieces');
}

function judge(reply: Reply): void {
  const { code, lines } = reply;
  const [first = '', last = ''] = [lines[0], lines.at(-1)];
  holds(Number.isInteger(code) && code >= 100 && code <= 599, `code ${code}`);
  holds(
    first.startsWith(String(code)) && last.startsWith(String(code)),
    'code not in the first and last line',
  );
  holds(lines.length > 1 === (first[3] === '-'), 'several lines without a hyphen, or one with it');
  holds(last.length === 3 || last[3] === ' ', 'the last line goes on');
  holds(!lines.some((line) => line.includes('\n')), 'a line end within a line');
  holds(
    lines.every((line) => line.length <= MAX_LINE_BYTES),
    'a line beyond the limit',
  );
  holds(lines.join('\r\n').length <= MAX_REPLY_BYTES, 'a reply beyond the limit');
  isShown(replyText(reply), 'the text of a reply');
}

/** Lines of the replies, then what is unfinished: together all that was sent. */
function nothingIsLost(input: Buffer, { replies, midReply }: Reading): void {
  const sent = input.toString('latin1').replaceAll('\r\n', '\n');
  const read = replies.flatMap(({ lines }) => lines.map((line) => `${line}\n`)).join('');
  holds(sent.startsWith(read), 'the replies are not what was sent');
  holds(midReply === sent.length > read.length, 'bytes are left, but no reply has begun');
}
