import type { FileHandle } from 'node:fs/promises';
import type { FileWriter, StreamEnd } from '#protocol';
import { translate } from './error-codes.ts';

/** Pieces of 16 KiB halve the speed of a download; pieces of this size do not show. */
const BATCH_BYTES = 1024 * 1024;

/** Gathers small chunks into large writes; two buffers, so that one is written while the other fills. */
export class LocalWriter implements FileWriter {
  readonly #file: FileHandle;
  readonly #path: string;
  #filling = Buffer.allocUnsafe(BATCH_BYTES);
  #spare: Buffer | undefined = Buffer.allocUnsafe(BATCH_BYTES);
  #filled = 0;
  #written = 0n;
  #writing: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  write(chunk: Buffer): void | Promise<void> {
    if (this.#filled + chunk.length < BATCH_BYTES) {
      chunk.copy(this.#filling, this.#filled);
      this.#filled += chunk.length;
      return;
    }
    return this.#writeThrough(chunk);
  }

  async finish(): Promise<StreamEnd> {
    await this.#flushBatch();
    await this.#writing;
    await this.#guard(() => this.#file.sync());
    await this.#close();
    return { sizeBytes: this.#written, end: 'proved' };
  }

  async abort(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#close();
  }

  async #writeThrough(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length; ) {
      const taken = chunk.copy(this.#filling, this.#filled, offset);
      this.#filled += taken;
      offset += taken;
      if (this.#filled === BATCH_BYTES) await this.#flushBatch();
    }
  }

  /** Waits for the write before; starts this one and returns, so that the caller can fill the other buffer. */
  async #flushBatch(): Promise<void> {
    await this.#writing;
    if (this.#filled === 0) return;
    const batch = this.#filling.subarray(0, this.#filled);
    this.#filling = this.#spare ?? Buffer.allocUnsafe(BATCH_BYTES);
    this.#spare = undefined;
    this.#filled = 0;
    const writing = this.#guard(() => this.#writeAll(batch)).then(() => {
      this.#spare =
        batch.buffer.byteLength >= BATCH_BYTES
          ? Buffer.from(batch.buffer, batch.byteOffset, BATCH_BYTES)
          : undefined;
    });
    // Seen by the next flush or by finish; until then it must not count as unhandled.
    writing.catch(() => undefined);
    this.#writing = writing;
  }

  async #writeAll(batch: Buffer): Promise<void> {
    for (let offset = 0; offset < batch.length; ) {
      const { bytesWritten } = await this.#file.write(batch, offset);
      offset += bytesWritten;
    }
    this.#written += BigInt(batch.length);
  }

  async #guard(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      throw translate(error, 'stream', this.#path);
    }
  }

  async #close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#file.close();
  }
}
