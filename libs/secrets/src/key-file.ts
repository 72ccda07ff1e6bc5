import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  type KeyEncryptionKeys,
  KeysFixed,
  KeysUnavailable,
  type WrappedKey,
} from './key-encryption-keys.ts';
import { fingerprint, KEY_BYTES, readKey, unwrapWith, wrapWith } from './symmetric-wrapping.ts';

/** What is in the file is no key, or it is not there though something needs it. The message names the file and nothing of its content. */
export class KeyFileProblem extends KeysUnavailable {
  override name = 'KeyFileProblem';
}

/** Who may read a key file. Whoever may write it is its owner or his group, or it is refused. */
export type KeyFileReaders = 'owner' | 'group' | 'everybody';

const FORBIDDEN: Readonly<Record<KeyFileReaders, number>> = { owner: 0o077, group: 0o007, everybody: 0o002 };

export interface KeyFileOptions {
  /** false where something is sealed already: a new key would open none of it. */
  mayCreate: boolean;
  /** Default: its owner alone. */
  readers?: KeyFileReaders;
  /** What to do when it should be there and is not; a sentence without its dot. */
  whenLost?: string;
}

/**
 * A file of keys, one base64 line each, the last one active: the place of an embedded installation, readable by its
 * owner only, or a secret mounted into the workers' containers.
 */
export class KeyFile implements KeyEncryptionKeys {
  readonly #path: string;
  readonly #options: KeyFileOptions;
  #keys: readonly Buffer[] = [];

  private constructor(path: string, options: KeyFileOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** @throws KeyFileProblem */
  static async open(path: string, options: KeyFileOptions): Promise<KeyFile> {
    const file = new KeyFile(path, options);
    if (options.mayCreate) await createMissing(path);
    await file.#read();
    return file;
  }

  async activeId(): Promise<string> {
    await this.#read();
    return idOf(this.#active());
  }

  /** By the last key of the file as it is now: another process may have added one, and forgotten ours. */
  async wrap(key: Buffer, boundTo: Buffer): Promise<WrappedKey> {
    await this.#read();
    const active = this.#active();
    return { wrappedBy: idOf(active), wrapped: wrapWith(active, boundTo, key) };
  }

  async unwrap({ wrappedBy, wrapped }: WrappedKey, boundTo: Buffer): Promise<Buffer> {
    return unwrapWith(await this.#find(wrappedBy), boundTo, wrapped);
  }

  /** Rows of before the installation had a key pair: sealed by one of these, and they do not say by which. */
  allKeys(): readonly Buffer[] {
    return this.#keys;
  }

  async rotate(): Promise<void> {
    const stats = await this.#read();
    await this.#replace([...this.#keys, randomBytes(KEY_BYTES)], stats);
  }

  async retire(needed: ReadonlySet<string>): Promise<string[]> {
    const stats = await this.#read();
    const active = this.#active();
    const kept = this.#keys.filter((key) => key === active || needed.has(idOf(key)));
    const gone = this.#keys.filter((key) => !kept.includes(key)).map(idOf);
    if (gone.length > 0) await this.#replace(kept, stats);
    return gone;
  }

  #active(): Buffer {
    return this.#keys.at(-1)!;
  }

  /** A key that we do not know may have been added since: by `waybill secret rotate`, or by whoever mounts the file. */
  async #find(id: string): Promise<Buffer> {
    const named = () => this.#keys.find((key) => idOf(key) === id);
    const known = named();
    if (known) return known;
    await this.#read();
    const found = named();
    if (!found)
      throw new KeysUnavailable(
        `The key file ${this.#path} lacks the key ${id}. Bring it the file of the machine where \`waybill secret rotate\` ran.`,
      );
    return found;
  }

  /** Whose it is, and what it allows whom. */
  async #read(): Promise<Stats> {
    const { text, stats } = await readText(this.#path, this.#options);
    const lines = text.split('\n').map((line) => line.trim());
    const keys = lines.filter((line) => line !== '').map(readKey);
    if (keys.length === 0 || keys.includes(undefined))
      throw new KeyFileProblem(
        `${this.#path} does not hold a 256-bit key in base64 on each line. Restore it from a backup: without it the stored secrets cannot be opened.`,
      );
    this.#keys = keys.filter((key) => key !== undefined);
    return stats;
  }

  /** Written aside and renamed: whoever reads it has the old keys or the new ones, also after a power cut once this has returned. */
  async #replace(keys: readonly Buffer[], { uid, gid, mode }: Stats): Promise<void> {
    const aside = asideOf(this.#path);
    try {
      // As it was: a rotation by root must not take the file away from its workers.
      await writeKeys(aside, keys, { uid, gid, mode: mode & 0o777 });
      await rename(aside, this.#path);
      await syncFolder(dirname(this.#path));
    } catch (error) {
      // All keys are in it.
      await rm(aside, { force: true });
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM' && code !== 'EBUSY') throw error;
      throw new KeysFixed(
        `${this.#path} cannot be written (${code}). Add a line of \`openssl rand -base64 32\` at its end on every worker's machine, then call \`waybill secret rotate\` again.`,
      );
    }
    this.#keys = keys;
  }
}

function idOf(key: Buffer): string {
  return `file:${fingerprint(key)}`;
}

async function readText(
  path: string,
  { readers = 'owner', whenLost = 'Restore it from a backup' }: KeyFileOptions,
): Promise<{ text: string; stats: Stats }> {
  try {
    await using file = await open(path);
    const stats = await file.stat();
    assertKept(path, stats.mode & 0o777, readers);
    return { text: await file.readFile('utf8'), stats };
  } catch (error) {
    if (error instanceof KeyFileProblem) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT'
        ? `is not there, and the database holds what its key has sealed. ${whenLost}`
        : `cannot be read (${code})`;
    throw new KeyFileProblem(`The key file ${path} ${why}.`);
  }
}

function assertKept(path: string, mode: number, readers: KeyFileReaders): void {
  // There the mode says nothing of who may read.
  if (process.platform === 'win32' || (mode & FORBIDDEN[readers]) === 0) return;
  throw new KeyFileProblem(
    `The key file ${path} has the mode 0${mode.toString(8)}: more people may read or write it than should. Run \`chmod 600 ${path}\`; where a mount decides that (Kubernetes, compose), say who they are by WAYBILL_KEY_FILE_READERS=group or everybody.`,
  );
}

/** An existing file may lie in a folder where nothing can be written (a mounted secret). */
async function createMissing(path: string): Promise<void> {
  try {
    await readFile(path);
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return;
  }
  const folder = dirname(resolve(path));
  const first = await mkdir(folder, { recursive: true });
  const aside = asideOf(path);
  try {
    await writeKeys(aside, [randomBytes(KEY_BYTES)]);
    // Two processes starting together end up with one key, and never half of one.
    await link(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(aside, { force: true });
  }
  await syncFolder(folder);
  // A new folder is an entry of its parent.
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** A name is on the disk when its folder is: the database would hold what a key has sealed that a power cut took away. */
async function syncFolder(path: string): Promise<void> {
  // There a folder cannot be opened.
  if (process.platform === 'win32') return;
  await using folder = await open(path);
  await folder.sync().catch((error: unknown) => {
    // Some network file systems cannot, and there is nothing more to be had there.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
  });
}

function asideOf(path: string): string {
  return `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
}

/** @param like whose it shall be; default: ours alone */
async function writeKeys(
  path: string,
  keys: readonly Buffer[],
  like?: Pick<Stats, 'uid' | 'gid' | 'mode'>,
): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  const { uid, gid } = await file.stat();
  if (like && (like.uid !== uid || like.gid !== gid)) await file.chown(like.uid, like.gid);
  // Whatever the umask says.
  await file.chmod(like?.mode ?? 0o600);
  await file.writeFile(keys.map((key) => `${key.toString('base64')}\n`).join(''));
  await file.sync();
}

/** One key of 256 bits in a file of its own. @throws KeyFileProblem */
export async function loadOrCreateKey(path: string, options: KeyFileOptions): Promise<Buffer> {
  const file = await KeyFile.open(path, options);
  return file.allKeys()[0]!;
}
