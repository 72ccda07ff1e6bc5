import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';

export interface LocalRootsOptions {
  /** The installation itself: its home, its keys, its program. Nothing in them is an endpoint's, nor a folder that holds them. */
  own: readonly string[];
  /** Within those, and for files after all. */
  open?: readonly string[];
  /** What requests may name, and files too where `bindsFiles`; nothing else. */
  folders?: readonly string[];
  /** The operator has named the folders: nothing else is an endpoint's, whoever asks. */
  bindsFiles?: boolean;
}

/** Who says it: a request over REST, or a file that somebody applies on the machine (and what stands already). */
export type SaidBy = 'request' | 'file';

/**
 * Which folders of this machine `local` endpoints may have as their root. Asked when one is configured, and again, about the
 * folder that a link leads to by now, when a session opens: whoever may choose a root could send our keys to a partner, or
 * have a partner's file written where a program lies.
 */
export class LocalRoots {
  readonly #own: readonly string[];
  readonly #open: readonly string[];
  readonly #folders: readonly string[];
  readonly #bindsFiles: boolean;

  constructor({ own, open = [], folders = [], bindsFiles = false }: LocalRootsOptions) {
    this.#own = own;
    this.#open = open;
    this.#folders = folders;
    this.#bindsFiles = bindsFiles;
  }

  /** Why a root is not one, in words for who configures it; undefined: it may be. */
  async problem(root: string, saidBy: SaidBy): Promise<string | undefined> {
    return this.#problemOf(await realPlace(root), saidBy);
  }

  /** Where a root leads by now, and why it may not lead there. */
  async find(root: string): Promise<{ place: string; problem: string | undefined }> {
    const place = await realPlace(root);
    return { place, problem: await this.#problemOf(place, 'file') };
  }

  async #problemOf(place: string, saidBy: SaidBy): Promise<string | undefined> {
    const [own, open, folders] = await Promise.all([
      realPlaces(this.#own),
      realPlaces(this.#open),
      realPlaces(this.#folders),
    ]);
    const isOpen = open.some((folder) => isWithin(place, folder));
    if (!isOpen && own.some((folder) => isWithin(place, folder) || isWithin(folder, place)))
      return 'lies in the folders of the installation itself (its data, keys and program), or holds them';
    if (!this.#bindsFiles && saidBy === 'file') return undefined;
    if (folders.some((folder) => isWithin(place, folder))) return undefined;
    return `is in none of the folders that endpoints may have (WAYBILL_LOCAL_ROOTS): ${this.#folders.join(', ')}`;
  }

  /** Who configures over REST has no shell on this machine: what he names in our own place for files is made. */
  async prepare(place: string): Promise<void> {
    const open = await realPlaces(this.#open);
    if (open.some((folder) => isWithin(place, folder))) await mkdir(place, { recursive: true, mode: 0o750 });
  }
}

function isWithin(place: string, folder: string): boolean {
  const way = relative(folder, place);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function realPlaces(paths: readonly string[]): Promise<string[]> {
  return Promise.all(paths.map(realPlace));
}

/** Where a path leads, as far as it is there: a folder may be made later. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPlace(parent), basename(path));
  }
}
