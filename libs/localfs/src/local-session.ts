import { randomUUID } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type LocalEndpoint, type Phase, TransferError } from '#domain';
import type {
  ByteSink,
  Capabilities,
  DirectoryEntry,
  FileStat,
  FileWriter,
  Listing,
  RemoteSession,
  SessionObserver,
  StreamEnd,
} from '#protocol';
import { confine, nameProblem } from './confined-path.ts';
import { translate } from './error-codes.ts';
import { LocalWriter } from './local-writer.ts';

const READ_BYTES = 1024 * 1024;

export interface LocalSessionOptions {
  endpoint: LocalEndpoint;
}

/** A local directory as an endpoint. Rejects with `path_not_found` when the root is not a directory. */
export async function openLocalSession(
  { endpoint }: LocalSessionOptions,
  _observer: SessionObserver,
  signal: AbortSignal,
): Promise<RemoteSession> {
  signal.throwIfAborted();
  const root = await stat(endpoint.root).catch((error: unknown) => {
    throw translate(error, 'connect', endpoint.root);
  });
  if (!root.isDirectory())
    throw new TransferError('path_not_found', {
      phase: 'connect',
      detail: `${endpoint.root} is not a directory.`,
    });
  return new LocalSession(endpoint);
}

class LocalSession implements RemoteSession {
  readonly id = randomUUID();
  readonly endpoint: string;
  readonly broken = false;
  readonly capabilities: Capabilities = {
    renameNoReplace: true,
    hashes: [],
    strongestAssurance: 'read_back',
  };
  readonly #root: string;

  constructor(endpoint: LocalEndpoint) {
    this.endpoint = endpoint.name;
    this.#root = endpoint.root;
  }

  list(path: string, signal: AbortSignal): Promise<Listing> {
    return this.#at(path, 'list', signal, async (place) => {
      const listing: Listing = { entries: [], refused: [] };
      for (const entry of await readdir(place, { withFileTypes: true })) {
        const problem = nameProblem(entry.name);
        if (problem) listing.refused.push({ shown: JSON.stringify(entry.name), reason: problem });
        else if (entry.isFile() || entry.isDirectory()) await addEntry(listing, place, path, entry.name);
        else
          listing.entries.push({
            ...entryAt(path, entry.name),
            kind: 'other',
            sizeBytes: null,
            modified: '',
          });
      }
      return listing;
    });
  }

  stat(path: string, signal: AbortSignal): Promise<FileStat | undefined> {
    return this.#at(path, 'open', signal, async (place) => {
      const found = await lstat(place, { bigint: true }).catch(missing);
      return found?.isFile() ? { sizeBytes: found.size, modified: modifiedOf(found) } : undefined;
    });
  }

  read(path: string, sink: ByteSink, signal: AbortSignal): Promise<StreamEnd> {
    return this.#at(path, 'open', signal, async (place) => {
      await using file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW);
      const before = await file.stat({ bigint: true });
      if (!before.isFile())
        throw new TransferError('file_unavailable', {
          phase: 'open',
          detail: `${path} is not a regular file.`,
        });
      const sizeBytes = await this.#pour(file, path, sink, signal);
      refuseChanged(path, before, await file.stat({ bigint: true }), sizeBytes);
      return { sizeBytes, end: 'proved' };
    });
  }

  async #pour(file: FileHandle, path: string, sink: ByteSink, signal: AbortSignal): Promise<bigint> {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    let sizeBytes = 0n;
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES, null).catch((error: unknown) => {
        throw translate(error, 'stream', path);
      });
      if (bytesRead === 0) return sizeBytes;
      sizeBytes += BigInt(bytesRead);
      await sink(buffer.subarray(0, bytesRead));
    }
  }

  openWrite(path: string, signal: AbortSignal): Promise<FileWriter> {
    return this.#at(path, 'open', signal, async (place) => {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
      return new LocalWriter(await open(place, flags, 0o644), path);
    });
  }

  rename(
    from: string,
    to: string,
    { overwrite }: { overwrite: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    return this.#at(to, 'publish', signal, async (target) => {
      const place = await confine(this.#root, from, 'publish');
      if (overwrite) await rename(place, target);
      else await renameNoReplace(place, target);
      await syncDirectory(dirname(target));
      if (dirname(place) !== dirname(target)) await syncDirectory(dirname(place));
    });
  }

  remove(path: string, signal: AbortSignal): Promise<void> {
    return this.#at(path, 'dispose', signal, async (place) => {
      await unlink(place).catch(missing);
      await syncDirectory(dirname(place));
    });
  }

  makeDirectory(path: string, signal: AbortSignal): Promise<void> {
    return this.#at(path, 'open', signal, async (place) => {
      const first = await mkdir(place, { recursive: true });
      if (first !== undefined) await syncDirectory(dirname(first));
      // Parents were checked before they existed; a link planted meanwhile would show now.
      await confine(this.#root, `${path}/x`, 'open');
    });
  }

  hash(path: string): Promise<string> {
    return Promise.reject(
      new TransferError('internal', {
        phase: 'verify',
        detail: `A local directory computes no hashes (${path}).`,
      }),
    );
  }

  async close(): Promise<void> {}

  async #at<T>(
    path: string,
    phase: Phase,
    signal: AbortSignal,
    act: (place: string) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    try {
      return await act(await confine(this.#root, path, phase));
    } catch (error) {
      throw translate(error, phase, path);
    }
  }
}

async function addEntry(listing: Listing, place: string, directory: string, name: string): Promise<void> {
  // Gone between listing and looking: somebody took it, and it is no entry any more.
  const found = await lstat(`${place}/${name}`, { bigint: true }).catch(missing);
  if (!found) return;
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other';
  listing.entries.push({
    ...entryAt(directory, name),
    kind,
    sizeBytes: found.isFile() ? found.size : null,
    modified: modifiedOf(found),
  });
}

function entryAt(directory: string, name: string): Pick<DirectoryEntry, 'name' | 'path'> {
  return { name, path: directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}` };
}

/** Nanoseconds since 1970 as text: compared for equality only. */
function modifiedOf(found: BigIntStats): string {
  return found.mtimeNs.toString();
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

function refuseChanged(path: string, before: BigIntStats, after: BigIntStats, readBytes: bigint): void {
  if (before.mtimeNs === after.mtimeNs && before.size === after.size && readBytes === before.size) return;
  throw new TransferError('source_changed', {
    phase: 'stream',
    detail: `${path} changed while it was read.`,
  });
}

/** link(2) fails when the target exists, without a race; rename(2) would replace it. */
async function renameNoReplace(place: string, target: string): Promise<void> {
  await link(place, target);
  await unlink(place);
}

/** A rename is durable only when the directory is. */
async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  await directory.sync();
}
