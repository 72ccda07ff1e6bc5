import { type BigIntStats, type Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import type { DirectoryEntry, Listing } from '#protocol';
import { abortReason, codeOf } from './error-codes.ts';
import { decodeName, nameProblem, printable, printableBytes } from './file-names.ts';

/** What the directory at `place` holds; `path` is its name on the endpoint. */
export async function listDirectory(place: string, path: string, signal: AbortSignal): Promise<Listing> {
  const listing: Listing = { entries: [], refused: [] };
  // As bytes: decoded by Node, a name that is not UTF-8 would come back as another name.
  for (const row of await readdir(place, { withFileTypes: true, encoding: 'buffer' })) {
    if (signal.aborted) throw abortReason(signal, 'list');
    const name = decodeName(row.name);
    if (name === undefined) {
      listing.refused.push({ shown: printableBytes(row.name), reason: 'is not valid UTF-8' });
      continue;
    }
    const problem = nameProblem(name);
    if (problem) listing.refused.push({ shown: printable(name), reason: problem });
    else listing.entries.push(...(await entryOf(row, name, place, path)));
  }
  return listing;
}

async function entryOf(
  row: Dirent<Buffer>,
  name: string,
  place: string,
  path: string,
): Promise<DirectoryEntry[]> {
  const named = { name, path: path.endsWith('/') ? `${path}${name}` : `${path}/${name}` };
  // Links, pipes, sockets and devices are shown, so that nobody wonders, and never read.
  if (!row.isFile() && !row.isDirectory())
    return [{ ...named, kind: 'other', sizeBytes: null, modified: '' }];
  const found = await statPlace(`${place}/${name}`);
  // Gone between listing and looking: somebody took it, and it is no entry any more.
  if (!found) return [];
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other';
  return [{ ...named, kind, sizeBytes: found.isFile() ? found.size : null, modified: modifiedOf(found) }];
}

/** Without following a link; undefined when nothing is there. */
export async function statPlace(place: string): Promise<BigIntStats | undefined> {
  return lstat(place, { bigint: true }).catch(undefinedWhenMissing);
}

/** Nanoseconds since 1970 as text: compared for equality only, so two versions within a second differ. */
export function modifiedOf(found: BigIntStats): string {
  return found.mtimeNs.toString();
}

export function undefinedWhenMissing(error: unknown): undefined {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw error;
}
