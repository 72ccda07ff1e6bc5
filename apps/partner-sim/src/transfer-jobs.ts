import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Command, Transfer } from './dialogue.ts';
import type { Content, Faults } from './faults.ts';
import { refusal } from './file-actions.ts';
import { type FileTree, factsLine, listLine, type TreeEntry } from './file-tree.ts';

const READ_BYTES = 256 * 1024;
/** Writing in the 16 KiB of a TLS record halves the speed of an upload. */
const WRITE_BYTES = 1024 * 1024;
const STORED = '226 Stored.';
const SENT = '226 Sent.';
const BROKEN = '426 The data connection broke.';

/** What a data connection is for, opened before 150 says that it may come. */
export interface TransferJob {
  /** The reply that is due if all goes well. */
  success: string;
  /** The reply that is due; `reset` ends the connection that way. */
  run(data: Socket): Promise<{ reply: string; ending?: 'reset' }>;
  close(): Promise<void>;
}

/** Or the reply that refuses it. */
export async function openJob(
  transfer: Transfer,
  command: Command,
  tree: FileTree,
  faults: Faults,
): Promise<TransferJob | string> {
  const scripted = faults.content?.(command);
  if (scripted) return sending(scripted);
  switch (transfer.verb) {
    case 'RETR':
      return retrieve(transfer, tree, faults);
    case 'STOR':
      return store(transfer.path, transfer.offset, tree, faults);
    case 'APPE':
      return store(transfer.path, (await tree.stats(transfer.path))?.size ?? 0, tree, faults);
    case 'MLSD':
    case 'LIST':
    case 'NLST':
      return list(transfer, tree, faults.lieAboutSizeBy ?? 0);
  }
}

async function list(
  { verb, path }: Transfer,
  tree: FileTree,
  lieBytes: number,
): Promise<TransferJob | string> {
  const entries = await tree.entries(path);
  if (!entries) return '550 No such directory.';
  const line = {
    MLSD: (entry: TreeEntry) => factsLine(entry, lieBytes),
    LIST: (entry: TreeEntry) => listLine(entry, lieBytes),
    NLST: (entry: TreeEntry) => entry.name,
  }[verb as 'MLSD' | 'LIST' | 'NLST'];
  return sending([entries.map((entry) => `${line(entry)}\r\n`).join('')]);
}

function sending(pieces: Iterable<Content> | AsyncIterable<Content>): TransferJob {
  return {
    success: SENT,
    async run(data) {
      data.resume();
      for await (const piece of pieces) await sendBytes(piece, data);
      return { reply: SENT };
    },
    close: async () => undefined,
  };
}

async function retrieve({ path, offset }: Transfer, tree: FileTree, faults: Faults) {
  const file = await tree.openToRead(path);
  if (!file) return '550 No such file.';
  if (offset > (await file.stat()).size) {
    await file.close();
    return '554 The file is shorter than that.';
  }
  return {
    success: SENT,
    async run(data: Socket): ReturnType<TransferJob['run']> {
      data.resume();
      const { truncateDownloadAfterBytes, stallDownloadAfterBytes, resetDownloadAfterBytes } = faults;
      const stops = [truncateDownloadAfterBytes, stallDownloadAfterBytes, resetDownloadAfterBytes];
      const stopBytes = Math.min(...stops.map((bytes) => bytes ?? Number.POSITIVE_INFINITY));
      await sendFile(file, offset, stopBytes, data);
      if (resetDownloadAfterBytes !== undefined) return { reply: BROKEN, ending: 'reset' };
      if (stallDownloadAfterBytes === undefined) return { reply: SENT };
      await closed(data);
      return { reply: BROKEN };
    },
    close: () => file.close(),
  };
}

async function sendFile(file: FileHandle, offset: number, stopBytes: number, to: Socket): Promise<void> {
  for (let sent = 0; sent < stopBytes; ) {
    // A new block each time: the stream keeps it until it is on the wire.
    const block = Buffer.allocUnsafe(Math.min(READ_BYTES, stopBytes - sent));
    const { bytesRead } = await file.read(block, 0, block.length, offset + sent);
    if (bytesRead === 0) return;
    sent += bytesRead;
    await sendBytes(block.subarray(0, bytesRead), to);
  }
}

async function sendBytes(bytes: string | Uint8Array, to: Socket): Promise<void> {
  if (to.destroyed) throw new Error('the data connection is gone');
  if (to.write(bytes)) return;
  await new Promise<void>((resolve, reject) => {
    const settle = () => {
      to.off('drain', settle);
      to.off('close', settle);
      if (to.destroyed) reject(new Error('the data connection is gone'));
      else resolve();
    };
    to.once('drain', settle);
    to.once('close', settle);
  });
}

async function store(
  path: string,
  offset: number,
  tree: FileTree,
  faults: Faults,
): Promise<TransferJob | string> {
  const file = await tree.openToWrite(path, offset);
  if (!file) return '553 Cannot create the file.';
  return {
    success: STORED,
    run: (data) => receive(data, file, offset, faults),
    close: () => file.close(),
  };
}

async function receive(
  data: Socket,
  file: FileHandle,
  offset: number,
  { diskFullAfterBytes, stallUploadAfterBytes, keepUploadBytes = Number.POSITIVE_INFINITY }: Faults,
): Promise<{ reply: string }> {
  let received = 0;
  let written = 0;
  let waiting: Buffer[] = [];
  const flush = async () => {
    const pieces = waiting;
    waiting = [];
    await writeAll(file, pieces, offset + written);
    written = received;
  };
  for await (const chunk of data as AsyncIterable<Buffer>) {
    if (received + chunk.length > (diskFullAfterBytes ?? Number.POSITIVE_INFINITY))
      return { reply: '452 No space left.' };
    waiting.push(chunk.subarray(0, Math.max(0, keepUploadBytes - received)));
    received += chunk.length;
    const stalls = received >= (stallUploadAfterBytes ?? Number.POSITIVE_INFINITY);
    try {
      if (stalls || received - written >= WRITE_BYTES) await flush();
    } catch (error) {
      return { reply: refusal(error) };
    }
    if (!stalls) continue;
    await closed(data);
    return { reply: BROKEN };
  }
  try {
    await flush();
    // 226 promises that the file is there.
    await file.sync();
  } catch (error) {
    return { reply: refusal(error) };
  }
  return { reply: STORED };
}

/** A full disk writes a part first and fails at the next try. */
async function writeAll(file: FileHandle, pieces: Buffer[], position: number): Promise<void> {
  const whole = Buffer.concat(pieces);
  for (let done = 0; done < whole.length; ) {
    const { bytesWritten } = await file.write(whole, done, whole.length - done, position + done);
    done += bytesWritten;
  }
}

async function closed(data: Socket): Promise<void> {
  if (!data.destroyed) await once(data, 'close');
}
