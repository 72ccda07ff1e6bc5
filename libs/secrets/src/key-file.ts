import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
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

/**
 * A file of keys, one base64 line each, the last one active: the place of an embedded installation, readable by its
 * owner only, or a secret mounted into the workers' containers.
 */
export class KeyFile implements KeyEncryptionKeys {
  readonly #path: string;
  #keys: readonly Buffer[] = [];

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * @param mayCreate false where something is sealed already: a new key would open none of it
   * @throws KeyFileProblem
   */
  static async open(path: string, { mayCreate }: { mayCreate: boolean }): Promise<KeyFile> {
    const file = new KeyFile(path);
    if (mayCreate) await createMissing(path);
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
    await this.#read();
    await this.#replace([...this.#keys, randomBytes(KEY_BYTES)]);
  }

  async retire(needed: ReadonlySet<string>): Promise<string[]> {
    await this.#read();
    const active = this.#active();
    const kept = this.#keys.filter((key) => key === active || needed.has(idOf(key)));
    const gone = this.#keys.filter((key) => !kept.includes(key)).map(idOf);
    if (gone.length > 0) await this.#replace(kept);
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

  async #read(): Promise<void> {
    const lines = (await readText(this.#path)).split('\n').map((line) => line.trim());
    const keys = lines.filter((line) => line !== '').map(readKey);
    if (keys.length === 0 || keys.includes(undefined))
      throw new KeyFileProblem(
        `${this.#path} does not hold a 256-bit key in base64 on each line. Restore it from a backup: without it the stored secrets cannot be opened.`,
      );
    this.#keys = keys.filter((key) => key !== undefined);
  }

  /** Written aside and renamed: whoever reads it has the old keys or the new ones. */
  async #replace(keys: readonly Buffer[]): Promise<void> {
    try {
      const aside = await writeAside(this.#path, keys);
      await rename(aside, this.#path);
    } catch (error) {
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

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT'
        ? 'is not there, and the database holds what its key has sealed. Restore it from a backup'
        : `cannot be read (${code})`;
    throw new KeyFileProblem(`The key file ${path} ${why}.`);
  }
}

/** An existing file may lie in a folder where nothing can be written (a mounted secret). */
async function createMissing(path: string): Promise<void> {
  try {
    await readFile(path);
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return;
  }
  await mkdir(dirname(path), { recursive: true });
  const aside = await writeAside(path, [randomBytes(KEY_BYTES)]);
  try {
    // Two processes starting together end up with one key, and never half of one.
    await link(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(aside);
  }
}

async function writeAside(path: string, keys: readonly Buffer[]): Promise<string> {
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await using file = await open(aside, 'wx', 0o600);
  await file.writeFile(keys.map((key) => `${key.toString('base64')}\n`).join(''));
  await file.sync();
  // Whatever the umask says.
  await chmod(aside, 0o600);
  return aside;
}

/** One key of 256 bits in a file of its own, made on first use. @throws KeyFileProblem */
export async function loadOrCreateKey(path: string): Promise<Buffer> {
  const file = await KeyFile.open(path, { mayCreate: true });
  return file.allKeys()[0]!;
}
