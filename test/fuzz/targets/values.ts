import { ProtocolViolation } from '../../../libs/ftps/src/protocol-violation.ts';
import { instantOf, readModified, readSize, timeText } from '../../../libs/ftps/src/reply-values.ts';
import { answerOf, holds, type Target } from '../target.ts';
import { replyOf } from './one-reply.ts';

const FORM_OF_TIME = /^\d{14}(?:\.\d{1,9})?$/;

export const size: Target = {
  name: 'size-213',
  seeds: ['213 0', '213 12345', '213 9223372036854775807', '213-x\r\n213 5'],
  words: ['213 ', '213-', '\r\n', ' ', '-', '+', '0x', 'e', '9223372036854775808', '٣', '１'],
  run(input) {
    const reply = replyOf(input);
    if (!reply) return ['no reply'];
    const bytes = answerOf(ProtocolViolation, () => readSize(reply));
    if (bytes === undefined) return ['violated'];
    holds(bytes >= 0n && bytes < 2n ** 63n, `size ${bytes}`);
    holds(
      /^213 0*(\d+)$/.exec(reply.lines.join('\n'))?.[1] === String(bytes),
      `size ${bytes} is not what was said`,
    );
    return ['read'];
  },
};

export const modified: Target = {
  name: 'modified-213',
  seeds: [
    ...['213 20261121063222', '213 20261121063222.123456789', '213 20240229000000', '213 20261231235960'],
    ...['213 00010101000000', '213 99991231235959', '213 20260101006000'],
  ],
  words: ['213 ', '.', '20261121', '20260230', '235960', '246060', '0000', '9999', '1970', '\r\n', '٣'],
  run(input) {
    judgeInstant(input.toString('utf8'));
    const reply = replyOf(input);
    if (!reply) return ['no reply'];
    const text = answerOf(ProtocolViolation, () => readModified(reply));
    if (text === undefined) return ['violated'];
    holds(FORM_OF_TIME.test(text) && reply.lines[0] === `213 ${text}`, `time ${text} is not what was said`);
    return [judgeInstant(text)];
  },
};

/** An instant means the text it was read from; only a leap second (RFC 3659 section 2.3) is the next minute's first. */
export function judgeInstant(text: string, instant = instantOf(text)): string {
  if (instant === null) return 'no instant';
  holds(FORM_OF_TIME.test(text), `${text} is an instant`);
  const leap = text.slice(12, 14) === '60';
  const meant = leap ? timeText(new Date(instant.getTime() - 1000)) : timeText(instant);
  holds(
    meant === (leap ? `${text.slice(0, 12)}59` : text.slice(0, 14)),
    `${text} became ${instant.toISOString()}`,
  );
  return leap ? 'leap second' : 'instant';
}
