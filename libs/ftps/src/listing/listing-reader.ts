import type { DirectoryEntry, Listing, RefusedEntry } from '#protocol';
import { type TextCoding, textCoding } from '../encoding.ts';
import { printable } from '../printable.ts';
import { ProtocolViolation } from '../protocol-violation.ts';
import { isDosRow, readDosRow } from './dos.ts';
import { readMlsdRow } from './mlsd.ts';
import { refuseName } from './names.ts';
import type { Row, RowParser } from './row.ts';
import { isUnixRow, readUnixRow } from './unix.ts';

export type Dialect = 'mlsd' | 'unix' | 'dos';

const PARSERS: Record<Dialect, RowParser> = { mlsd: readMlsdRow, unix: readUnixRow, dos: readDosRow };
const MAX_LISTING_BYTES = 32 * 1024 * 1024;
const MAX_ROW_BYTES = 8 * 1024;
const MAX_ENTRIES = 200_000;
const LF = 0x0a;
const CR = 0x0d;

/** The dialect of a LIST row; the session keeps the first one it meets, so that a hostile name cannot switch it. */
export function recogniseDialect(line: string): Dialect | undefined {
  if (isUnixRow(line)) return 'unix';
  return isDosRow(line) ? 'dos' : undefined;
}

/** Bytes of a listing in, entries and refused rows out; one bad row does not stop the others. */
export class ListingReader {
  readonly #directory: string;
  readonly #coding: TextCoding;
  readonly #byName = new Map<string, DirectoryEntry>();
  readonly #ambiguous = new Set<string>();
  readonly #refused: RefusedEntry[] = [];
  #dialect: Dialect | undefined;
  #partial: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #rows = 0;

  constructor(directory: string, encoding: string, dialect: Dialect | undefined) {
    this.#directory = directory === '/' ? '' : directory;
    this.#coding = textCoding(encoding);
    this.#dialect = dialect;
  }

  get dialect(): Dialect | undefined {
    return this.#dialect;
  }

  /** Rows of any kind, `.` and `total` included: a listing with none says nothing about the directory. */
  get rowCount(): number {
    return this.#rows;
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_LISTING_BYTES) throw new ProtocolViolation('a listing longer than 32 MiB');
    const bytes = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      this.#row(bytes.subarray(start, bytes[end - 1] === CR && end > start ? end - 1 : end));
      start = end + 1;
    }
    // A copy: the chunk's memory belongs to the sender.
    this.#partial = Buffer.from(bytes.subarray(start));
    if (this.#partial.length > MAX_ROW_BYTES) throw new ProtocolViolation('a listing row longer than 8 KiB');
  }

  finish(): Listing {
    if (this.#partial.length > 0) this.#row(this.#partial);
    this.#partial = Buffer.alloc(0);
    return { entries: [...this.#byName.values()], refused: this.#refused };
  }

  #row(bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (bytes.length > MAX_ROW_BYTES) throw new ProtocolViolation('a listing row longer than 8 KiB');
    this.#rows += 1;
    if (this.#rows > MAX_ENTRIES) throw new ProtocolViolation(`a listing of more than ${MAX_ENTRIES} rows`);
    const line = this.#coding.decode(bytes);
    if (line === undefined) {
      this.#refuse(bytes.toString('latin1'), 'name is not valid in the encoding of the endpoint');
      return;
    }
    this.#dialect ??= recogniseDialect(line);
    const outcome = this.#dialect ? PARSERS[this.#dialect](line) : { refused: 'row not understood' };
    if ('refused' in outcome) this.#refuse(line, outcome.refused);
    else if ('row' in outcome) this.#keep(outcome.row, line);
  }

  #keep(row: Row, line: string): void {
    const reason = refuseName(row.name);
    if (reason !== null) {
      this.#refuse(row.name || line, reason);
      return;
    }
    if (this.#ambiguous.has(row.name)) return;
    const { name, kind, sizeBytes, modified } = row;
    const entry: DirectoryEntry = { name, path: `${this.#directory}/${name}`, kind, sizeBytes, modified };
    const earlier = this.#byName.get(name);
    if (!earlier) this.#byName.set(name, entry);
    else if (earlier.kind !== kind || earlier.sizeBytes !== sizeBytes || earlier.modified !== modified) {
      // Two rows, two truths: neither is believed.
      this.#byName.delete(name);
      this.#ambiguous.add(name);
      this.#refuse(name, 'listed more than once with different facts');
    }
  }

  #refuse(shown: string, reason: string): void {
    this.#refused.push({ shown: printable(shown, 300), reason });
  }
}
