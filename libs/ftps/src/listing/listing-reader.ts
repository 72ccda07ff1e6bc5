import type { Listing } from '#protocol';
import { type TextCoding, textCoding } from '../encoding.ts';
import { ProtocolViolation } from '../protocol-violation.ts';
import { readColumns } from './columns.ts';
import { DIALECT_READERS, type Dialect, dialectOf } from './dialects.ts';
import { EntryLedger } from './entry-ledger.ts';
import type { RowParser } from './row.ts';
import { RowSplitter } from './row-splitter.ts';
import { isTotalRow } from './total-row.ts';

export type { Dialect };

/** 160 bytes for each of the most rows: more than servers write for a name of usual length. */
const MAX_LISTING_BYTES = 32 * 1024 * 1024;
/** Of any kind; how many entries may be kept is a question of memory, see EntryLedger. */
const MAX_ROWS = 200_000;

/** Bytes of a listing in, entries and refused rows out; one bad row does not stop the others. */
export class ListingReader {
  readonly #coding: TextCoding;
  readonly #rows = new RowSplitter((row) => this.#row(row));
  readonly #ledger: EntryLedger;
  #dialect: Dialect | undefined;
  #parse: RowParser | undefined;
  /** The first half of a row that goes on in the next line. */
  #unfinished: string | undefined;
  #bytes = 0;
  #rowCount = 0;

  /** Throws TransferError `invalid_configuration` where the encoding is none. */
  constructor(directory: string, encoding: string, dialect: Dialect | undefined) {
    this.#coding = textCoding(encoding);
    this.#ledger = new EntryLedger(directory);
    this.#dialect = dialect;
  }

  get dialect(): Dialect | undefined {
    return this.#dialect;
  }

  /** Rows of any kind, `.` and `total` included: a listing with none says nothing about the directory. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Throws ProtocolViolation where the listing is longer than any listing. */
  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_LISTING_BYTES) throw new ProtocolViolation('a listing longer than 32 MiB');
    this.#rows.push(chunk);
  }

  finish(): Listing {
    this.#rows.finish();
    this.#releaseUnfinished();
    return this.#ledger.listing();
  }

  #row(bytes: Buffer): void {
    this.#rowCount += 1;
    if (this.#rowCount > MAX_ROWS) throw new ProtocolViolation(`a listing of more than ${MAX_ROWS} rows`);
    const line = this.#coding.decode(bytes);
    if (line === undefined) {
      // The second half of a row comes right after the first, or not at all.
      this.#releaseUnfinished();
      this.#ledger.refuse(bytes.toString('latin1'), 'name is not valid in the encoding of the endpoint');
      return;
    }
    this.#dialect = dialectOf(line, this.#dialect, this.#rowCount === 1);
    if (this.#dialect === 'mlsd') this.#take(line);
    else if (readColumns(line, 1).length > 0 && !isTotalRow(line)) this.#takeLine(line);
  }

  #takeLine(line: string): void {
    if (this.#unfinished !== undefined && /^[ \t]/.test(line)) {
      const whole = `${this.#unfinished} ${line}`;
      this.#unfinished = undefined;
      this.#take(whole);
      return;
    }
    this.#releaseUnfinished();
    const reader = this.#dialect && DIALECT_READERS[this.#dialect];
    if (reader?.isUnfinished?.(line)) this.#unfinished = line;
    else this.#take(line);
  }

  #releaseUnfinished(): void {
    if (this.#unfinished !== undefined) this.#take(this.#unfinished);
    this.#unfinished = undefined;
  }

  #take(line: string): void {
    this.#parse ??= this.#dialect && DIALECT_READERS[this.#dialect].begin();
    const outcome = this.#parse ? this.#parse(line) : { refused: 'row not understood' };
    if ('refused' in outcome) this.#ledger.refuse(line, outcome.refused);
    else if ('row' in outcome) this.#ledger.keep(outcome.row, line);
  }
}
