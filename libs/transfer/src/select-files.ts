import picomatch from 'picomatch';
import { type FileVersion, type Placement, type Selection, TransferError } from '#domain';
import type { DirectoryEntry, RefusedEntry, RemoteSession } from '#protocol';
import { baseName, destinationName, isTemporaryName, joinPath, parentOf } from './paths.ts';

export interface SelectedFile {
  version: FileVersion;
  destinationPath: string;
}

export interface Selected {
  files: SelectedFile[];
  refused: RefusedEntry[];
}

/** A partner's tree may be a loop or a trap; nobody's exchange folder is this deep. */
const MAX_DEPTH = 20;

/** Lists the source and picks the file versions that the route means, each with its destination. */
export async function selectFiles(
  source: RemoteSession,
  selection: Selection,
  placement: Placement,
  signal: AbortSignal,
): Promise<Selected> {
  const first = await observe(source, selection, signal);
  const settled = selection.settleMs > 0 ? await keepSettled(source, selection, first, signal) : first;
  return place(settled, selection, placement);
}

interface Observation {
  files: DirectoryEntry[];
  refused: RefusedEntry[];
}

async function observe(
  source: RemoteSession,
  selection: Selection,
  signal: AbortSignal,
): Promise<Observation> {
  const wanted = picomatch(selection.select, { dot: true });
  const unwanted = selection.exclude.length > 0 ? picomatch(selection.exclude, { dot: true }) : () => false;
  const found: Observation = { files: [], refused: [] };
  const pending = [{ path: selection.path, depth: 0 }];
  for (let directory = pending.shift(); directory; directory = pending.shift()) {
    const listing = await source.list(directory.path, signal);
    found.refused.push(...listing.refused);
    for (const entry of listing.entries) {
      const relative = entry.path.slice(joinPath(selection.path, '').length);
      if (entry.kind === 'directory') {
        if (selection.recursive && directory.depth < MAX_DEPTH)
          pending.push({ path: entry.path, depth: directory.depth + 1 });
        continue;
      }
      if (isTemporaryName(entry.name) || !wanted(relative) || unwanted(relative)) continue;
      if (entry.kind === 'other') found.refused.push({ shown: entry.name, reason: 'not a regular file' });
      else found.files.push(entry);
    }
  }
  refuseTwins(found);
  return found;
}

/** The same name twice in one listing: nobody can say which is meant, so neither is taken. */
function refuseTwins(found: Observation): void {
  const seen = new Map<string, number>();
  for (const file of found.files) seen.set(file.path, (seen.get(file.path) ?? 0) + 1);
  for (const [path, count] of seen) {
    if (count > 1) found.refused.push({ shown: path, reason: `listed ${count} times` });
  }
  found.files = found.files.filter((file) => seen.get(file.path) === 1);
}

/** Two equal observations `settleMs` apart; a file still growing waits for the next run. */
async function keepSettled(
  source: RemoteSession,
  selection: Selection,
  first: Observation,
  signal: AbortSignal,
): Promise<Observation> {
  if (first.files.length === 0) return first;
  await pause(selection.settleMs, signal);
  const second = await observe(source, selection, signal);
  const before = new Map(first.files.map((file) => [file.path, file]));
  const settled: Observation = { files: [], refused: [...second.refused] };
  for (const file of second.files) {
    const earlier = before.get(file.path);
    if (earlier && earlier.sizeBytes === file.sizeBytes && earlier.modified === file.modified)
      settled.files.push(file);
    else settled.refused.push({ shown: file.name, reason: 'still changing; taken by the next run' });
  }
  return settled;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function place(found: Observation, selection: Selection, placement: Placement): Selected {
  const selected: Selected = { files: [], refused: found.refused };
  for (const file of found.files) {
    if (file.sizeBytes === null) {
      selected.refused.push({ shown: file.name, reason: 'the server states no size' });
      continue;
    }
    try {
      selected.files.push({
        version: { path: file.path, sizeBytes: file.sizeBytes, modified: file.modified },
        destinationPath: placedPath(file.path, selection, placement),
      });
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      selected.refused.push({ shown: file.name, reason: error.message });
    }
  }
  return selected;
}

/** Recursive selections keep their folders below the destination path. */
function placedPath(sourcePath: string, selection: Selection, placement: Placement): string {
  const below = parentOf(sourcePath).slice(selection.path === '/' ? 1 : selection.path.length + 1);
  const directory = below === '' ? placement.path : joinPath(placement.path, below);
  return joinPath(directory, destinationName(placement.name, baseName(sourcePath)));
}
