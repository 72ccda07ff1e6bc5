import { ProtocolViolation } from '../protocol-violation.ts';

/** Longer than any path (4 KiB on most systems) with its facts. */
export const MAX_ROW_BYTES = 8 * 1024;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Bytes in, rows out, without their CRLF or LF. Each byte is looked at once and copied at most once, however finely
 * the network cut them.
 */
export class RowSplitter {
  readonly #accept: (row: Buffer) => void;
  /** The beginning of the row whose end has not come; one byte more than a row, for its CR. */
  readonly #partial = Buffer.alloc(MAX_ROW_BYTES + 1);
  #held = 0;

  /** `accept` must have read the row when it returns: the memory is used again. */
  constructor(accept: (row: Buffer) => void) {
    this.#accept = accept;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      const piece = chunk.subarray(start, end);
      this.#deliver(this.#held === 0 ? piece : this.#hold(piece));
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  /** The last row, where its line end is missing. */
  finish(): void {
    if (this.#held > 0) this.#deliver(this.#partial.subarray(0, this.#held));
  }

  #hold(piece: Buffer): Buffer {
    if (this.#held + piece.length > this.#partial.length) throw tooLong();
    piece.copy(this.#partial, this.#held);
    this.#held += piece.length;
    return this.#partial.subarray(0, this.#held);
  }

  #deliver(bytes: Buffer): void {
    const row = bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes;
    if (row.length > MAX_ROW_BYTES) throw tooLong();
    this.#held = 0;
    if (row.length > 0) this.#accept(row);
  }
}

function tooLong(): ProtocolViolation {
  return new ProtocolViolation('a listing row longer than 8 KiB');
}
