import { randomUUID } from 'node:crypto';
import { mkdir, realpath, stat, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type LocalEndpoint, type Phase, TransferError } from '#domain';
import { reach } from '#failpoint';
import type {
  ByteSink,
  Capabilities,
  FileStat,
  FileWriter,
  Listing,
  ReadOptions,
  RemoteSession,
  SessionObserver,
  StreamEnd,
  WriteOptions,
} from '#protocol';
import { confine, confineBoth, confineDirectory } from './confined-path.ts';
import { abortReason, translate } from './error-codes.ts';
import { printable } from './file-names.ts';
import { listDirectory, modifiedOf, statPlace, undefinedWhenMissing } from './list-directory.ts';
import { LocalWriter, openTarget } from './local-writer.ts';
import { openSource, pour, READ_BYTES } from './read-file.ts';
import { renameDurably, syncDirectory } from './rename-file.ts';

export interface LocalSessionOptions {
  endpoint: LocalEndpoint;
  /** Where its root led when somebody judged it. Leads it elsewhere by now, it is not opened. */
  place?: string | undefined;
}

/** A local directory as an endpoint. Rejects with `path_not_found` when the root is not a directory. */
export async function openLocalSession(
  { endpoint, place }: LocalSessionOptions,
  observer: SessionObserver,
  signal: AbortSignal,
): Promise<RemoteSession> {
  if (signal.aborted) throw abortReason(signal, 'connect');
  const root = await stat(endpoint.root).catch((error: unknown) => {
    throw translate(error, 'connect', endpoint.root);
  });
  if (!root.isDirectory())
    throw new TransferError('path_not_found', {
      phase: 'connect',
      detail: `${endpoint.root} is not a directory.`,
    });
  const realRoot = await realpath(endpoint.root);
  if (place !== undefined && realRoot !== place)
    throw new TransferError('invalid_configuration', {
      phase: 'connect',
      detail: `The root of the endpoint ${endpoint.name} leads elsewhere than a moment ago: it was not opened.`,
    });
  return new LocalSession(endpoint, realRoot, observer);
}

class LocalSession implements RemoteSession {
  readonly id = randomUUID();
  readonly endpoint: string;
  /** There is no connection to lose: each operation opens what it needs. */
  readonly broken = false;
  readonly #root: string;
  readonly #observer: SessionObserver;
  #renameNoReplace = true;
  /** One operation at a time, so one buffer; away while a sink that outlived its read may still look at it. */
  #buffer: Buffer | undefined;

  constructor(endpoint: LocalEndpoint, realRoot: string, observer: SessionObserver) {
    this.endpoint = endpoint.name;
    this.#root = realRoot;
    this.#observer = observer;
  }

  get capabilities(): Capabilities {
    return {
      renameNoReplace: this.#renameNoReplace,
      hashes: [],
      resume: true,
      local: true,
      convertsText: false,
      strongestAssurance: 'read_back',
    };
  }

  list(path: string, signal: AbortSignal): Promise<Listing> {
    return this.#during(path, 'list', signal, async () =>
      listDirectory(await confineDirectory(this.#root, path, 'list'), path, signal),
    );
  }

  stat(path: string, signal: AbortSignal): Promise<FileStat | undefined> {
    return this.#during(path, 'open', signal, async () => {
      const found = await statPlace(await confine(this.#root, path, 'open'));
      if (!found?.isFile()) return undefined;
      return { sizeBytes: found.size, modified: modifiedOf(found), modifiedAt: found.mtime };
    });
  }

  async read(
    path: string,
    sink: ByteSink,
    signal: AbortSignal,
    { offset = 0n }: ReadOptions = {},
  ): Promise<StreamEnd> {
    await using file = await this.#during(path, 'open', signal, async () =>
      openSource(await confine(this.#root, path, 'open'), path),
    );
    const buffer = this.#buffer ?? Buffer.allocUnsafe(READ_BYTES);
    this.#buffer = undefined;
    const sizeBytes = await pour(file, sink, buffer, offset, signal);
    this.#buffer = buffer;
    return { sizeBytes, end: 'proved' };
  }

  openWrite(path: string, signal: AbortSignal, options: WriteOptions = {}): Promise<FileWriter> {
    return this.#during(path, 'open', signal, async () => {
      const file = await openTarget(await confine(this.#root, path, 'open'), path, options.offset);
      return new LocalWriter(file, path, options, signal);
    });
  }

  rename(
    from: string,
    to: string,
    { overwrite }: { overwrite: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    return this.#during(`${from} to ${to}`, 'publish', signal, async () => {
      const places = await confineBoth(this.#root, { from, to }, 'publish');
      const guard = await renameDurably({ ...places, overwrite });
      if (guard === 'look_first') this.#noteUnguardedRename(to);
    });
  }

  remove(path: string, signal: AbortSignal): Promise<void> {
    return this.#during(path, 'dispose', signal, async () => {
      const place = await confine(this.#root, path, 'dispose');
      const removed = await unlink(place).then(() => true, undefinedWhenMissing);
      reach('disposition_sent');
      if (removed) await syncDirectory(dirname(place));
    });
  }

  makeDirectory(path: string, signal: AbortSignal): Promise<void> {
    return this.#during(path, 'open', signal, async () => {
      const place = await confineDirectory(this.#root, path, 'open');
      if ((await statPlace(place))?.isDirectory()) return;
      const first = await mkdir(place, { recursive: true });
      // Parents were checked before they existed; a link planted meanwhile would show now.
      await confineDirectory(this.#root, path, 'open');
      if (first === undefined) return;
      // A new directory is an entry of its parent: every parent of a new one is synced, from below.
      for (let made = place; made.length >= first.length; made = dirname(made))
        await syncDirectory(dirname(made));
    });
  }

  hash(path: string): Promise<string> {
    return Promise.reject(
      new TransferError('internal', {
        phase: 'verify',
        detail: `A local directory computes no hashes (${printable(path)}); it is read back.`,
      }),
    );
  }

  setModified(path: string, at: Date, signal: AbortSignal): Promise<boolean> {
    return this.#during(path, 'publish', signal, async () => {
      await utimes(await confine(this.#root, path, 'publish'), at, at);
      return true;
    });
  }

  async close(): Promise<void> {
    this.#buffer = undefined;
  }

  /** The record of the transfer says how strongly the target was protected, and the capability does from now on. */
  #noteUnguardedRename(to: string): void {
    this.#renameNoReplace = false;
    this.#observer.transcript({
      at: new Date(),
      direction: 'note',
      text: `The file system made no hard link for ${printable(to)}: renamed after a look, without protection against a file appearing in between.`,
    });
  }

  async #during<T>(where: string, phase: Phase, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    if (signal.aborted) throw abortReason(signal, phase);
    try {
      return await act();
    } catch (error) {
      throw translate(error, phase, printable(where));
    }
  }
}
