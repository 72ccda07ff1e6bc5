import { type Stats } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, posix } from 'node:path';

export interface TreeEntry {
  name: string;
  stats: Stats;
}

/** A directory served to partners: nothing above it, and nothing behind a symbolic link. */
export class FileTree {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** The absolute path a client means, seen from its working directory. */
  resolve(working: string, argument: string): string {
    return posix.resolve(working, argument);
  }

  /** The place on disk; undefined when the folder it lies in is missing or outside of the root. */
  async place(path: string): Promise<string | undefined> {
    const root = await realpath(this.#root);
    const wanted = join(root, path);
    if (wanted === root || path === '/') return root;
    const parent = await realpath(posix.dirname(wanted)).catch(() => undefined);
    if (parent === undefined || (parent !== root && !parent.startsWith(`${root}/`))) return undefined;
    return join(parent, posix.basename(wanted));
  }

  async stats(path: string): Promise<Stats | undefined> {
    const place = await this.place(path);
    return place === undefined ? undefined : lstat(place).catch(() => undefined);
  }

  /** undefined when `path` is no directory. */
  async entries(path: string): Promise<TreeEntry[] | undefined> {
    const place = await this.place(path);
    const own = place === undefined ? undefined : await lstat(place).catch(() => undefined);
    if (place === undefined || !own?.isDirectory()) return undefined;
    const entries: TreeEntry[] = [];
    for (const name of await readdir(place)) {
      const stats = await lstat(join(place, name)).catch(() => undefined);
      if (stats) entries.push({ name, stats });
    }
    return entries;
  }
}

/** RFC 3659 section 2.3: UTC, with milliseconds. */
export function timeValue(date: Date): string {
  return date.toISOString().replace(/[-:TZ]/g, '');
}

/** RFC 3659 section 7.2: `type=file;size=3;modify=…; name`. */
export function factsLine({ name, stats }: TreeEntry, sizeOffset: number): string {
  const type = stats.isDirectory() ? 'dir' : stats.isFile() ? 'file' : 'OS.unix=other';
  const size = stats.isFile() ? `size=${stats.size + sizeOffset};` : '';
  return `type=${type};${size}modify=${timeValue(stats.mtime)}; ${name}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As `ls -l` writes it. */
export function listLine({ name, stats }: TreeEntry): string {
  const kind = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : '-';
  const date = stats.mtime;
  const when = `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${date.getUTCFullYear()}`;
  return `${kind}rw-r--r--   1 partner  partner  ${String(stats.size).padStart(12)} ${when}  ${name}`;
}
