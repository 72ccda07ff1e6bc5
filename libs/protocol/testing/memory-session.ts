import { createHash } from 'node:crypto';
import { type Phase, TransferError } from '#domain';
import type {
  ByteSink,
  Capabilities,
  FileStat,
  FileWriter,
  HashAlgorithm,
  Listing,
  ReadOptions,
  RemoteSession,
  StreamEnd,
  WriteOptions,
} from '../src/index.ts';
import { directoryOf, type MemoryFile, type MemoryFiles } from './memory-files.ts';

export type MemoryVerb =
  | 'list'
  | 'stat'
  | 'open_read'
  | 'read'
  | 'open_write'
  | 'write'
  | 'finish'
  | 'rename'
  | 'link'
  | 'unlink'
  | 'remove'
  | 'make_directory'
  | 'hash';

export interface MemoryOperation {
  verb: MemoryVerb;
  path: string;
  /** Of a rename. */
  to?: string | undefined;
  session: MemorySession;
}

/**
 * What becomes of a request. `lost_before` and `lost_after` break the session: nobody knows which of the two it was.
 * `pretended`: confirmed, and not done. `short`: confirmed, and the end of the file is missing. `garbled`: the session breaks, and
 * the piece under way is there with other bytes, as after a server's crash.
 */
export type Fate = 'served' | 'refused' | 'lost_before' | 'lost_after' | 'pretended' | 'short' | 'garbled';

/** The way between client and server: decides when each request arrives, when its answer does, and what goes wrong. */
export interface MemoryLink {
  request(operation: MemoryOperation): Promise<Fate>;
  answer(operation: MemoryOperation): Promise<void>;
}

/** Everything arrives at once. */
export const DIRECT: MemoryLink = { request: async () => 'served', answer: async () => {} };

export interface MemoryEndpoint {
  name: string;
  files: MemoryFiles;
  capabilities: Capabilities;
  /** Bytes of one piece of a stream. */
  chunkBytes: number;
}

/** A RemoteSession on a disk in memory; each request reaches it in one moment, and its answer in a later one. */
export class MemorySession implements RemoteSession {
  readonly id: string;
  readonly endpoint: string;
  readonly capabilities: Capabilities;
  broken = false;
  readonly #endpoint: MemoryEndpoint;
  readonly #files: MemoryFiles;
  readonly #link: MemoryLink;

  constructor(endpoint: MemoryEndpoint, id: string, link: MemoryLink = DIRECT) {
    this.id = id;
    this.endpoint = endpoint.name;
    this.capabilities = endpoint.capabilities;
    this.#endpoint = endpoint;
    this.#files = endpoint.files;
    this.#link = link;
  }

  list(path: string, signal: AbortSignal): Promise<Listing> {
    return this.#ask('list', path, 'list', signal, () => {
      if (!this.#files.isDirectory(path))
        throw new TransferError('path_not_found', { phase: 'list', detail: path });
      const name = (entry: string) => entry.slice(entry.lastIndexOf('/') + 1);
      const directories = this.#files.directoriesIn(path).map((entry) => ({
        name: name(entry),
        path: entry,
        kind: 'directory' as const,
        sizeBytes: null,
        modified: '',
      }));
      const paths = this.#files.paths.filter((entry) => directoryOf(entry) === path);
      const files = paths
        .filter((entry) => !UNSAFE.test(entry))
        .map((entry) => ({
          name: name(entry),
          path: entry,
          kind: 'file' as const,
          ...statOf(this.#files.get(entry)!),
        }));
      const refused = paths
        .filter((entry) => UNSAFE.test(entry))
        .map((entry) => ({ shown: encodeURI(name(entry)), reason: 'not a printable name' }));
      return { entries: [...directories, ...files], refused };
    });
  }

  stat(path: string, signal: AbortSignal): Promise<FileStat | undefined> {
    return this.#ask('stat', path, 'open', signal, () => {
      const file = this.#files.get(path);
      return file && statOf(file);
    });
  }

  async read(
    path: string,
    sink: ByteSink,
    signal: AbortSignal,
    { offset = 0n, statedSizeBytes }: ReadOptions = {},
  ): Promise<StreamEnd> {
    const file = await this.#ask('open_read', path, 'open', signal, () => {
      const found = this.#files.get(path);
      if (!found) throw new TransferError('path_not_found', { phase: 'open', detail: path });
      return found;
    });
    let sent = 0;
    for (let at = Number(offset); at < file.bytes.length; at += this.#endpoint.chunkBytes) {
      const chunk = Buffer.from(file.bytes.subarray(at, at + this.#endpoint.chunkBytes));
      // A link that stops calls also decides when a signal is noticed: at the next of them.
      await (this.#link === DIRECT ? unlessAborted(sink(chunk), signal) : sink(chunk));
      sent += chunk.length;
    }
    // The connection may break while the bytes are under way: then they were not all.
    await this.#ask('read', path, 'stream', signal, () => {
      if (statedSizeBytes !== undefined && offset + BigInt(sent) !== statedSizeBytes)
        throw new TransferError('size_mismatch', { phase: 'stream', detail: path });
    });
    return { sizeBytes: BigInt(sent), end: 'proved' };
  }

  async openWrite(
    path: string,
    signal: AbortSignal,
    { offset = 0n }: WriteOptions = {},
  ): Promise<FileWriter> {
    const by = this.id;
    const file = await this.#ask('open_write', path, 'open', signal, () => {
      const kept = this.#files.get(path)?.bytes.length ?? 0;
      if (BigInt(kept) < offset) throw new TransferError('resume_refused', { phase: 'open', detail: path });
      return this.#files.open(path, Number(offset), by);
    });
    let at = Number(offset);
    return {
      write: (chunk) => {
        const bytes = Buffer.from(chunk);
        return this.#ask('write', path, 'stream', signal, (fate) => {
          this.#files.write(file, at, fate === 'garbled' ? Buffer.alloc(bytes.length) : bytes, by);
          at += bytes.length;
        });
      },
      finish: async () => {
        await this.#ask('finish', path, 'stream', signal, (fate) => {
          if (fate === 'short') this.#files.truncate(file, Math.max(0, at - 1), by);
        });
        return { sizeBytes: BigInt(at) - offset, end: 'proved' };
      },
      abort: async () => {},
    };
  }

  async rename(
    from: string,
    to: string,
    { overwrite }: { overwrite: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const phase = 'publish';
    if (overwrite) {
      await this.#ask('rename', from, phase, signal, () => this.#files.rename(from, to, this.id), to);
    } else if (this.capabilities.renameNoReplace) {
      // As link(2) and unlink(2) do it: the file has both names in between.
      await this.#ask('link', from, phase, signal, () => this.#files.link(from, to, this.id), to);
      await this.#ask('unlink', from, phase, signal, () => void this.#files.remove(from, this.id), to);
    } else {
      const taken = await this.#ask('stat', to, phase, signal, () => this.#files.get(to) !== undefined);
      if (taken) throw new TransferError('destination_exists', { phase, detail: to });
      await this.#ask('rename', from, phase, signal, () => this.#files.rename(from, to, this.id), to);
    }
  }

  remove(path: string, signal: AbortSignal): Promise<void> {
    return this.#ask('remove', path, 'dispose', signal, () => void this.#files.remove(path, this.id));
  }

  makeDirectory(path: string, signal: AbortSignal): Promise<void> {
    return this.#ask('make_directory', path, 'open', signal, () => this.#files.makeDirectory(path));
  }

  hash(path: string, algorithm: HashAlgorithm, signal: AbortSignal): Promise<string> {
    return this.#ask('hash', path, 'verify', signal, () => {
      const file: MemoryFile | undefined = this.#files.get(path);
      if (!this.capabilities.hashes.includes(algorithm))
        throw new TransferError('internal', { phase: 'verify', detail: `${algorithm} is not offered` });
      if (!file) throw new TransferError('path_not_found', { phase: 'verify', detail: path });
      return createHash(algorithm).update(file.bytes).digest('hex');
    });
  }

  async setModified(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {
    this.broken = true;
  }

  async #ask<T>(
    verb: MemoryVerb,
    path: string,
    phase: Phase,
    signal: AbortSignal,
    act: (fate: Fate) => T,
    to?: string,
  ): Promise<T> {
    if (signal.aborted) throw abortReason(signal, phase);
    if (this.broken) throw new TransferError('connection_lost', { phase });
    const operation = { verb, path, to, session: this };
    const fate = await this.#link.request(operation);
    if (fate === 'refused') throw new TransferError('file_unavailable', { phase, detail: path });
    if (fate === 'lost_before') throw this.#lose(phase);
    let result: { value: T } | { refusal: unknown };
    try {
      result = { value: fate === 'pretended' ? (undefined as T) : act(fate) };
    } catch (refusal) {
      result = { refusal };
    }
    await this.#link.answer(operation);
    if (fate === 'lost_after' || fate === 'garbled') throw this.#lose(phase);
    // A connection whose answer nobody waited for is out of step; a disk has none.
    if (signal.aborted && !this.capabilities.local) {
      this.broken = true;
      throw abortReason(signal, phase);
    }
    if ('refusal' in result) throw result.refusal;
    return result.value;
  }

  #lose(phase: Phase): TransferError {
    this.broken = true;
    return new TransferError('connection_lost', { phase });
  }
}

/** Control, invisible and direction-changing characters. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/;

function unlessAborted(work: void | Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(abortReason(signal, 'stream'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}

function statOf(file: MemoryFile): FileStat {
  return { sizeBytes: BigInt(file.bytes.length), modified: file.modified };
}

function abortReason(signal: AbortSignal, phase: Phase): TransferError {
  const reason: unknown = signal.reason;
  return reason instanceof TransferError ? reason : new TransferError('cancelled', { phase, cause: reason });
}
