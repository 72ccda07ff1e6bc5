import { textCoding } from '../../../libs/ftps/src/encoding.ts';
import { ProtocolViolation } from '../../../libs/ftps/src/protocol-violation.ts';
import { type Reply, ReplyReader } from '../../../libs/ftps/src/reply-reader.ts';
import { answerOf } from '../target.ts';

/** The first reply in the input, as its readers get it; undefined where there is none. */
export function replyOf(input: Buffer): Reply | undefined {
  const reader = new ReplyReader(textCoding('utf8'));
  const ended = Buffer.concat([input, Buffer.from('\r\n')]);
  return answerOf(ProtocolViolation, () => reader.push(ended))?.[0];
}
