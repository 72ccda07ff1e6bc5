import { type Phase, TransferError } from '#domain';

/** A file's bytes, whatever names it has; as an inode it outlives its last name while somebody writes to it. */
export interface MemoryFile {
  bytes: Buffer;
  /** Changes with every write, never comes twice. */
  modified: string;
}

/** Something that others could see; `by` is who did it. */
export type FileChange =
  | { kind: 'appeared' | 'gone'; path: string; file: MemoryFile; by: string }
  | { kind: 'written'; file: MemoryFile; by: string };

/** The disk of one endpoint, shared by all its sessions and by the partner. Each call is one moment. */
export class MemoryFiles {
  readonly #names = new Map<string, MemoryFile>();
  readonly #directories = new Set(['/']);
  #ticks = 0;
  /** Told of each change after it happened. */
  watch: (change: FileChange) => void = () => {};
  full = false;

  get(path: string): MemoryFile | undefined {
    return this.#names.get(path);
  }

  get paths(): string[] {
    return [...this.#names.keys()];
  }

  isDirectory(path: string): boolean {
    return this.#directories.has(path);
  }

  makeDirectory(path: string): void {
    for (let cut = path.indexOf('/', 1); cut > 0; cut = path.indexOf('/', cut + 1))
      this.#directories.add(path.slice(0, cut));
    this.#directories.add(path);
  }

  directoriesIn(path: string): string[] {
    return [...this.#directories].filter((entry) => entry !== '/' && directoryOf(entry) === path);
  }

  /** A new file under this name; the one that had it keeps its bytes for those who have it open. */
  place(path: string, bytes: Buffer, by: string): MemoryFile {
    this.#demandDirectory(path, 'open');
    const file = { bytes: Buffer.from(bytes), modified: this.#tick() };
    this.#drop(path, by);
    this.#names.set(path, file);
    this.watch({ kind: 'appeared', path, file, by });
    return file;
  }

  /** Opens or creates, and cuts to so many bytes. */
  open(path: string, keptBytes: number, by: string): MemoryFile {
    const file = this.#names.get(path);
    if (!file) {
      if (this.full) throw new TransferError('disk_full', { phase: 'open' });
      return this.place(path, Buffer.alloc(keptBytes), by);
    }
    if (file.bytes.length > keptBytes) this.#change(file, file.bytes.subarray(0, keptBytes), by);
    return file;
  }

  write(file: MemoryFile, offset: number, chunk: Buffer, by: string): void {
    if (this.full) throw new TransferError('disk_full', { phase: 'stream' });
    const bytes = Buffer.alloc(Math.max(file.bytes.length, offset + chunk.length));
    file.bytes.copy(bytes);
    chunk.copy(bytes, offset);
    this.#change(file, bytes, by);
  }

  /** The same file with other content, as a program does that saves in place. */
  overwrite(path: string, bytes: Buffer, by: string): void {
    const file = this.#names.get(path);
    if (file) this.#change(file, bytes, by);
    else this.place(path, bytes, by);
  }

  truncate(file: MemoryFile, sizeBytes: number, by: string): void {
    this.#change(file, file.bytes.subarray(0, sizeBytes), by);
  }

  /** A second name. */
  link(from: string, to: string, by: string): void {
    const file = this.#demand(from);
    if (this.#names.has(to)) throw new TransferError('destination_exists', { phase: 'publish' });
    this.#demandDirectory(to, 'publish');
    this.#names.set(to, file);
    this.watch({ kind: 'appeared', path: to, file, by });
  }

  /** Replaces what is there. */
  rename(from: string, to: string, by: string): void {
    const file = this.#demand(from);
    this.#demandDirectory(to, 'publish');
    this.#drop(to, by);
    this.#names.delete(from);
    this.#names.set(to, file);
    this.watch({ kind: 'gone', path: from, file, by });
    this.watch({ kind: 'appeared', path: to, file, by });
  }

  /** False when there was none. */
  remove(path: string, by: string): boolean {
    const there = this.#names.has(path);
    this.#drop(path, by);
    return there;
  }

  #drop(path: string, by: string): void {
    const file = this.#names.get(path);
    if (!file) return;
    this.#names.delete(path);
    this.watch({ kind: 'gone', path, file, by });
  }

  #change(file: MemoryFile, bytes: Buffer, by: string): void {
    file.bytes = Buffer.from(bytes);
    file.modified = this.#tick();
    this.watch({ kind: 'written', file, by });
  }

  #demand(path: string): MemoryFile {
    const file = this.#names.get(path);
    if (!file) throw new TransferError('path_not_found', { phase: 'publish', detail: path });
    return file;
  }

  #demandDirectory(path: string, phase: Phase): void {
    if (!this.#directories.has(directoryOf(path)))
      throw new TransferError('path_not_found', { phase, detail: path });
  }

  #tick(): string {
    return `t${++this.#ticks}`;
  }
}

export function directoryOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}
