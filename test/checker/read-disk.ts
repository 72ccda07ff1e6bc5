import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

export interface DiskFile {
  /** `/`-separated, below the folder that was read. */
  name: string;
  sizeBytes: number;
  sha256: string;
  /** When the name or the bytes changed last: a rename counts. */
  changedAtMs: number;
}

/** Every regular file below `directory`, by name; empty where there is no such folder. */
export async function readDisk(directory: string): Promise<Map<string, DiskFile>> {
  const files = new Map<string, DiskFile>();
  for (const entry of await entriesOf(directory)) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(directory, path).split(sep).join('/');
    const { size, ctimeMs } = await stat(path);
    files.set(name, { name, sizeBytes: size, sha256: await hashOf(path), changedAtMs: ctimeMs });
  }
  return files;
}

async function entriesOf(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true, recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The product's unfinished files, by the look of their names alone. */
export function looksTemporary(name: string): boolean {
  return (name.split('/').at(-1) ?? '').startsWith('.waybill-');
}
