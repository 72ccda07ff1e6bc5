import type { DirectoryEntry, Listing, RefusedEntry } from '#protocol';
import { printable } from '../printable.ts';
import { ProtocolViolation } from '../protocol-violation.ts';
import { refuseName } from './names.ts';
import type { Row } from './row.ts';

/** Each of them is shown to an operator; a server that sends more of them is told by the first. */
const MOST_REFUSED_SHOWN = 1_000;
const MOST_CHARACTERS_SHOWN = 300;
/** A session may grow by 32 MiB in all: about 100,000 entries with names of usual length. */
const MOST_KEPT_BYTES = 28 * 1024 * 1024;
/** At most, on Node 26: the entry, its place in the map, its size and its time. Name and path come on top. */
const KEPT_BYTES_PER_ENTRY = 256;

/** What a listing came to: safe names, each once, and the rows that were left out. */
export class EntryLedger {
  readonly #directory: string;
  readonly #byName = new Map<string, DirectoryEntry>();
  /** Only where the server keeps versions. */
  readonly #versions = new Map<string, number>();
  readonly #ambiguous = new Set<string>();
  readonly #refused: RefusedEntry[] = [];
  #refusedUnshown = 0;
  #keptBytes = 0;
  #lastModified = '';

  constructor(directory: string) {
    this.#directory = directory === '/' ? '' : directory;
  }

  /** Throws ProtocolViolation where the listing has more entries than fit. */
  keep(row: Row, line: string): void {
    const reason = refuseName(row.name);
    if (reason !== null) {
      this.refuse(row.name || line, reason);
      return;
    }
    if (this.#ambiguous.has(row.name)) return;
    const earlier = this.#byName.get(row.name);
    const newer = earlier ? this.#compareVersions(row) : 1;
    if (newer > 0) this.#set(row);
    else if (newer === 0 && !isSame(earlier!, row)) {
      // Two rows, two truths: neither is believed.
      this.#byName.delete(row.name);
      this.#ambiguous.add(row.name);
      this.refuse(row.name, 'listed more than once with different facts');
    }
  }

  refuse(shown: string, reason: string): void {
    if (this.#refused.length === MOST_REFUSED_SHOWN) this.#refusedUnshown += 1;
    else this.#refused.push({ shown: printable(shown, MOST_CHARACTERS_SHOWN), reason });
  }

  listing(): Listing {
    const entries = [...this.#byName.values()];
    if (this.#refusedUnshown === 0) return { entries, refused: this.#refused };
    const rest = { shown: '…', reason: `${this.#refusedUnshown} more rows were refused` };
    return { entries, refused: [...this.#refused, rest] };
  }

  #set(row: Row): void {
    const { kind, sizeBytes, version } = row;
    const name = ownText(row.name);
    // Files that came together have one time, and one text of it.
    if (row.modified !== this.#lastModified) this.#lastModified = ownText(row.modified);
    const entry = { name, path: `${this.#directory}/${name}`, kind, sizeBytes, modified: this.#lastModified };
    if (!this.#byName.has(name)) this.#count(entry);
    this.#byName.set(name, entry);
    if (version !== undefined) this.#versions.set(name, version);
  }

  #count({ name, path }: DirectoryEntry): void {
    this.#keptBytes += KEPT_BYTES_PER_ENTRY + Buffer.byteLength(name) + Buffer.byteLength(path);
    if (this.#keptBytes > MOST_KEPT_BYTES)
      throw new ProtocolViolation(`a listing of more entries than fit into ${MOST_KEPT_BYTES / 2 ** 20} MiB`);
  }

  /** Above 0 where the row is newer than the one before, below 0 where it is older. */
  #compareVersions({ name, version }: Row): number {
    const earlier = this.#versions.get(name);
    return version === undefined || earlier === undefined ? 0 : version - earlier;
  }
}

/** A copy: a part of a string keeps the whole row in memory. */
function ownText(text: string): string {
  return Buffer.from(text).toString();
}

function isSame(one: DirectoryEntry, other: Row): boolean {
  return one.kind === other.kind && one.sizeBytes === other.sizeBytes && one.modified === other.modified;
}
