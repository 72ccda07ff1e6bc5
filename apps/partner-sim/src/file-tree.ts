import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises';
import { join, posix } from 'node:path';

export interface TreeEntry {
  name: string;
  stats: Stats;
}

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } = constants;

/** A directory served to partners: nothing above it, and nothing behind a symbolic link. */
export class FileTree {
  readonly #root: string;
  readonly #isHidden: (path: string) => boolean;
  readonly #foldsNames: boolean;

  constructor(root: string, options: { isHidden?(path: string): boolean; foldsNames?: boolean } = {}) {
    this.#root = root;
    this.#isHidden = options.isHidden ?? (() => false);
    this.#foldsNames = options.foldsNames ?? false;
  }

  /** The place on disk of an absolute path; undefined when its folder is missing or outside of the root. */
  async place(path: string): Promise<string | undefined> {
    const root = await realpath(this.#root);
    if (path === '/') return root;
    const wanted = join(root, path);
    const parent = await realpath(posix.dirname(wanted)).catch(() => undefined);
    if (parent === undefined || (parent !== root && !parent.startsWith(`${root}/`))) return undefined;
    return join(parent, await this.#nameIn(parent, posix.basename(wanted)));
  }

  /** The name under which a directory has it already, where several names are one. */
  async #nameIn(directory: string, name: string): Promise<string> {
    if (!this.#foldsNames) return name;
    const names = await readdir(directory).catch(() => []);
    return names.find((present) => folded(present) === folded(name)) ?? name;
  }

  async stats(path: string): Promise<Stats | undefined> {
    const place = this.#isHidden(path) ? undefined : await this.place(path);
    return place === undefined ? undefined : lstat(place).catch(() => undefined);
  }

  /** What is in a directory; undefined when `path` is none. */
  async entries(path: string): Promise<TreeEntry[] | undefined> {
    const place = await this.place(path);
    const own = place === undefined ? undefined : await lstat(place).catch(() => undefined);
    if (place === undefined || !own?.isDirectory()) return undefined;
    const entries: TreeEntry[] = [];
    for (const name of await readdir(place)) {
      const stats = await this.stats(posix.join(path, name));
      if (stats) entries.push({ name, stats });
    }
    return entries;
  }

  /** undefined when there is no such regular file. */
  async openToRead(path: string): Promise<FileHandle | undefined> {
    return this.#open(path, O_RDONLY);
  }

  /** undefined when the name cannot be written; without an offset the file starts anew. */
  async openToWrite(path: string, offset: number): Promise<FileHandle | undefined> {
    return this.#open(path, O_WRONLY | O_CREAT | (offset === 0 ? O_TRUNC : 0));
  }

  /** Without blocking, as a FIFO would; a link as the last part is not followed. */
  async #open(path: string, flags: number): Promise<FileHandle | undefined> {
    const place = await this.place(path);
    if (place === undefined) return undefined;
    const file = await open(place, flags | O_NOFOLLOW | O_NONBLOCK, 0o644).catch(() => undefined);
    if (!file || (await file.stat()).isFile()) return file;
    await file.close();
    return undefined;
  }
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** RFC 3659 section 2.3: UTC, with milliseconds. */
export function timeValue(date: Date): string {
  return date.toISOString().replace(/[-:TZ]/g, '');
}

/** RFC 3659 section 7.2: `type=file;size=3;modify=…; name`. */
export function factsLine({ name, stats }: TreeEntry, sizeOffset = 0): string {
  const type = stats.isDirectory() ? 'dir' : stats.isFile() ? 'file' : 'OS.unix=other';
  const size = stats.isFile() ? `size=${stats.size + sizeOffset};` : '';
  return `type=${type};${size}modify=${timeValue(stats.mtime)}; ${name}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As `ls -l` writes it. */
export function listLine({ name, stats }: TreeEntry, sizeOffset = 0): string {
  const size = String(stats.size + (stats.isFile() ? sizeOffset : 0)).padStart(12);
  const date = stats.mtime;
  const when = `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}  ${date.getUTCFullYear()}`;
  return `${kindOf(stats)}rw-r--r--   1 partner  partner  ${size} ${when} ${name}`;
}

function kindOf(stats: Stats): string {
  if (stats.isFile()) return '-';
  if (stats.isDirectory()) return 'd';
  if (stats.isSymbolicLink()) return 'l';
  if (stats.isFIFO()) return 'p';
  return stats.isSocket() ? 's' : 'c';
}
