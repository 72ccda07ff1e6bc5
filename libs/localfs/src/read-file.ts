import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { TransferError } from '#domain';
import type { ByteSink } from '#protocol';
import { abortReason, translate } from './error-codes.ts';

export const READ_BYTES = 1024 * 1024;

/** O_NONBLOCK: a pipe planted under the name would otherwise hold a thread of the pool for ever. */
const READING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface SourceFile extends AsyncDisposable {
  handle: FileHandle;
  path: string;
  before: BigIntStats;
}

export async function openSource(place: string, path: string): Promise<SourceFile> {
  const handle = await open(place, READING);
  try {
    const before = await handle.stat({ bigint: true });
    if (!before.isFile())
      throw new TransferError('file_unavailable', { phase: 'open', detail: `${path} is no regular file.` });
    return { handle, path, before, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Sends the file from `offset` to the sink through `buffer`; the sink's own errors come out untouched.
 * @returns the number of bytes sent; with `offset` it is the file's size before and after
 */
export async function pour(
  file: SourceFile,
  sink: ByteSink,
  buffer: Buffer,
  offset: bigint,
  signal: AbortSignal,
): Promise<bigint> {
  const middle = buffer.length >> 1;
  let [filled, other] = [buffer.subarray(0, middle), buffer.subarray(middle)];
  let sizeBytes = 0n;
  let bytesRead = await readAt(file, filled, offset);
  while (bytesRead > 0) {
    if (signal.aborted) throw abortReason(signal, 'stream');
    sizeBytes += BigInt(bytesRead);
    // The disk works while the sink does.
    const ahead = readAt(file, other, offset + sizeBytes);
    try {
      const pending = sink(filled.subarray(0, bytesRead));
      if (pending) await settledOrAborted(pending, signal);
    } catch (error) {
      // Nothing may be written into the buffer when it is given back, nor read from a closed file.
      await ahead.catch(() => undefined);
      throw error;
    }
    bytesRead = await ahead;
    [filled, other] = [other, filled];
  }
  if (signal.aborted) throw abortReason(signal, 'stream');
  refuseChanged(file, await file.handle.stat({ bigint: true }), offset + sizeBytes);
  return sizeBytes;
}

async function readAt(file: SourceFile, into: Buffer, position: bigint): Promise<number> {
  try {
    return (await file.handle.read(into, 0, into.length, position)).bytesRead;
  } catch (error) {
    throw translate(error, 'stream', file.path);
  }
}

/** Waits for the sink, but not longer than the signal allows: a stuck sink must not hold the lane. */
function settledOrAborted(pending: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortReason(signal, 'stream'));
    signal.addEventListener('abort', onAbort, { once: true });
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
  });
}

/** By the open file: a writer that appends or rewrites it moves its size or its time. */
function refuseChanged(file: SourceFile, after: BigIntStats, readBytes: bigint): void {
  const { before, path } = file;
  if (before.mtimeNs === after.mtimeNs && before.size === after.size && readBytes === before.size) return;
  throw new TransferError('source_changed', {
    phase: 'stream',
    detail: `${path} changed while it was read: ${before.size} bytes before, ${after.size} after, ${readBytes} read.`,
  });
}
