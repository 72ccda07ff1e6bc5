import type { TextCoding } from './encoding.ts';
import { printable } from './printable.ts';
import { ProtocolViolation } from './protocol-violation.ts';

/** One complete reply of the server (RFC 959 section 4.2). */
export interface Reply {
  code: number;
  /** Every line as received, without its line end. */
  lines: readonly string[];
  /** The same without our secrets, where the server repeats them; for whatever is shown or kept. */
  shown?: readonly string[] | undefined;
}

export const MAX_LINE_BYTES = 8 * 1024;
export const MAX_REPLY_BYTES = 64 * 1024;
/** Replies nobody has asked for yet; a server that sends more is not in step with anybody. */
const MAX_WAITING_REPLIES = 16;

/** The last line with its code: what an operator should see. */
export function replyText(reply: Reply): string {
  return printable((reply.shown ?? reply.lines).at(-1) ?? '', 512);
}

/**
 * Bytes in, complete replies out. Holds incomplete lines back, so that a reply means the same however the
 * network cut it; lines end with CRLF or a bare LF.
 */
export class ReplyReader {
  readonly #decode: (line: string) => string;
  /** Bytes of the unfinished line, one character each. */
  #partial = '';
  #lines: string[] = [];
  #replyBytes = 0;
  #openCode: string | null = null;

  constructor(coding: TextCoding) {
    // What means nothing in the encoding is still shown, byte by byte.
    this.#decode = (line) => coding.decode(Buffer.from(line, 'latin1')) ?? line;
  }

  /** True while a line or a multi-line reply has begun and not ended. */
  get midReply(): boolean {
    return this.#partial !== '' || this.#openCode !== null;
  }

  /** The replies this chunk completes. Throws ProtocolViolation. */
  push(chunk: Buffer): Reply[] {
    const replies: Reply[] = [];
    const text = this.#partial + chunk.toString('latin1');
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      const line = text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end);
      start = end + 1;
      const reply = this.#accept(line);
      if (reply) replies.push(reply);
      if (replies.length > MAX_WAITING_REPLIES) throw new ProtocolViolation('too many replies at once');
    }
    this.#partial = text.slice(start);
    // A CR at the end belongs to the line only if no LF follows.
    this.#refuseTooLong(this.#partial.endsWith('\r') ? this.#partial.slice(0, -1) : this.#partial);
    return replies;
  }

  #accept(line: string): Reply | undefined {
    this.#refuseTooLong(line);
    this.#replyBytes += line.length + 2;
    if (this.#replyBytes > MAX_REPLY_BYTES) throw new ProtocolViolation('a reply longer than 64 KiB');
    this.#lines.push(this.#decode(line));
    if (this.#openCode === null) {
      const head = /^([1-5]\d\d)(?:([ -])|$)/.exec(line);
      if (!head) throw new ProtocolViolation(`not a reply of an FTP server: ${printable(line, 120)}`);
      if (head[2] === '-') {
        this.#openCode = head[1]!;
        return undefined;
      }
      return this.#finish(head[1]!);
    }
    // Inner lines may start with digits or even another code; only the same code and a space ends it.
    const ends = line.startsWith(this.#openCode) && (line.length === 3 || line[3] === ' ');
    return ends ? this.#finish(this.#openCode) : undefined;
  }

  #finish(code: string): Reply {
    const reply: Reply = { code: Number(code), lines: this.#lines };
    this.#lines = [];
    this.#replyBytes = 0;
    this.#openCode = null;
    return reply;
  }

  #refuseTooLong(line: string): void {
    if (line.length > MAX_LINE_BYTES) throw new ProtocolViolation('a reply line longer than 8 KiB');
  }
}
