import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { TransferError } from '#domain';
import type { FileWriter, StreamEnd, WriteOptions } from '#protocol';
import { abortReason, translate } from './error-codes.ts';

/** Pieces of 16 KiB halve the speed of a download; pieces of this size do not show. */
const BATCH_BYTES = 512 * 1024;
/** The disk starts while the network still delivers: the flush at the end then waits for this much, not for all. */
const SYNC_AHEAD_BYTES = 32n * 1024n * 1024n;

/** O_NONBLOCK: opening a pipe without a reader then fails at once instead of never. */
const WRITING = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Creates a regular file, or cuts it to the bytes that stay. It is emptied after it was looked at, so that nothing else is harmed. */
export async function openTarget(place: string, path: string, keptBytes = 0n): Promise<FileHandle> {
  const handle = await open(place, WRITING, 0o644);
  try {
    const found = await handle.stat();
    // A second name means that an earlier rename stopped half way: emptying it would empty the delivered file.
    if (!found.isFile() || found.nlink > 1)
      throw new TransferError('file_unavailable', {
        phase: 'open',
        detail: found.isFile() ? `${path} has a second name.` : `${path} is no regular file.`,
      });
    if (found.size < keptBytes)
      throw new TransferError('resume_refused', {
        phase: 'open',
        detail: `${path} has ${found.size} bytes, ${keptBytes} were expected.`,
      });
    if (found.size > keptBytes) await handle.truncate(Number(keptBytes));
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Gathers small chunks into large writes; a second buffer where one is written while the other has to fill. */
export class LocalWriter implements FileWriter {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #signal: AbortSignal;
  /** Half a MiB for each small file would keep the garbage collector busy with nothing else. */
  #batchBytes: number;
  #filling: Buffer<ArrayBuffer> | undefined;
  #spare: Buffer<ArrayBuffer> | undefined;
  #filled = 0;
  readonly #offset: bigint;
  #written = 0n;
  #writing: Promise<void> = Promise.resolve();
  #unsynced = 0n;
  /** The flush under way; it keeps its failure for `finish`. */
  #syncing: Promise<void> | undefined;
  #syncFailure: unknown;
  #closed = false;

  constructor(
    file: FileHandle,
    path: string,
    { offset = 0n, expectedSizeBytes }: WriteOptions,
    signal: AbortSignal,
  ) {
    this.#file = file;
    this.#offset = offset;
    this.#path = path;
    this.#signal = signal;
    // One byte more: a file that is as long as expected never fills its buffer.
    const wanted = expectedSizeBytes === undefined ? BATCH_BYTES : Number(expectedSizeBytes) + 1;
    this.#batchBytes = Math.min(wanted, BATCH_BYTES);
  }

  write(chunk: Buffer): void | Promise<void> {
    if (this.#filled + chunk.length >= this.#batchBytes) return this.#writeThrough(chunk);
    this.#take(chunk, 0);
  }

  /** A write or sync that failed is never tried again on the same file: the kernel may have dropped the pages. */
  async finish(): Promise<StreamEnd> {
    try {
      await this.#flushBatch();
      await this.#writing;
      await this.#syncing;
      if (this.#syncFailure !== undefined) throw this.#syncFailure;
      await this.#file.sync();
      // Network file systems report the last errors here.
      await this.#close();
    } catch (error) {
      throw translate(error, 'stream', this.#path);
    } finally {
      await this.abort();
    }
    return { sizeBytes: this.#written, end: 'proved' };
  }

  async abort(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#syncing;
    await this.#close().catch(() => undefined);
  }

  async #writeThrough(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length; ) {
      offset += this.#take(chunk, offset);
      if (this.#filled === this.#batchBytes) await this.#flushBatch();
    }
  }

  /** As much as there is room for. */
  #take(chunk: Buffer, offset: number): number {
    this.#filling ??= Buffer.allocUnsafe(this.#batchBytes);
    const taken = chunk.copy(this.#filling, this.#filled, offset);
    this.#filled += taken;
    return taken;
  }

  /** Waits for the write before; starts this one and returns, so that the caller can fill the other buffer. */
  async #flushBatch(): Promise<void> {
    if (this.#signal.aborted) throw abortReason(this.#signal, 'stream');
    await this.#writing;
    const buffer = this.#filling;
    if (!buffer || this.#filled === 0) return;
    const length = this.#filled;
    this.#filling = this.#spare;
    // What is longer than expected goes on in large writes.
    this.#batchBytes = BATCH_BYTES;
    this.#spare = undefined;
    this.#filled = 0;
    this.#writing = this.#writeAll(buffer, length);
    // Seen by the next flush or by finish; until then it must not count as unhandled.
    this.#writing.catch(() => undefined);
  }

  async #writeAll(buffer: Buffer<ArrayBuffer>, length: number): Promise<void> {
    try {
      for (let offset = 0; offset < length; ) {
        const position = Number(this.#offset + this.#written) + offset;
        const { bytesWritten } = await this.#file.write(buffer, offset, length - offset, position);
        offset += bytesWritten;
      }
    } catch (error) {
      throw translate(error, 'stream', this.#path);
    }
    this.#written += BigInt(length);
    if (buffer.length === BATCH_BYTES) this.#spare = buffer;
    this.#syncAhead(BigInt(length));
  }

  #syncAhead(bytes: bigint): void {
    this.#unsynced += bytes;
    if (this.#unsynced < SYNC_AHEAD_BYTES || this.#syncing) return;
    this.#unsynced = 0n;
    this.#syncing = this.#file.datasync().then(
      () => {
        this.#syncing = undefined;
      },
      (error: unknown) => {
        this.#syncFailure = error;
      },
    );
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
  }
}
