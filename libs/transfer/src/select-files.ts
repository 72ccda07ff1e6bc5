import type { FileVersion, Placement, Selection } from '#domain';
import type { DirectoryEntry, RefusedEntry, RemoteSession } from '#protocol';
import { keepMarked } from './markers.ts';
import { matchNames } from './match-names.ts';
import { type Asked, askFor, findMissing, type MissingFile } from './named-files.ts';
import { inFolders } from './parameters.ts';
import { isTemporaryName, joinPath } from './paths.ts';
import { placeFiles } from './place-files.ts';
import type { RunMoment } from './run-moment.ts';

export interface SelectedFile {
  version: FileVersion;
  destinationPath: string;
}

export interface Selected {
  files: SelectedFile[];
  refused: RefusedEntry[];
  /** What was asked for by name and is not among `files`. */
  missing: MissingFile[];
}

/** A partner's tree may be a loop or a trap; nobody's exchange folder is this deep. */
const MAX_DEPTH = 20;

/** Lists the source and picks the file versions that the route means, each with its destination. */
export async function selectFiles(
  source: RemoteSession,
  selects: Selection,
  places: Placement,
  moment: RunMoment,
  signal: AbortSignal,
): Promise<Selected> {
  const { selection, placement } = inFolders(selects, places, moment.parameters);
  const asked = askFor(moment.files);
  const first = await observe(source, selection, asked, signal);
  const settled = selection.settleMs > 0 ? await keepSettled(source, selection, asked, first, signal) : first;
  const placed = placeFiles(settled, selection, placement, moment);
  return {
    ...placed,
    missing: findMissing(moment.files ?? [], selection, placement, placed, settled.present),
  };
}

export interface Observation {
  files: DirectoryEntry[];
  refused: RefusedEntry[];
}

/** With the paths of all regular files that were listed. */
interface Observed extends Observation {
  present: ReadonlySet<string>;
}

async function observe(
  source: RemoteSession,
  selection: Selection,
  asked: Asked,
  signal: AbortSignal,
): Promise<Observed> {
  const wanted = matchNames(selection);
  const present = new Set<string>();
  const found: Observed = { files: [], refused: [], present };
  const pending = [{ path: selection.path, depth: 0 }];
  for (let directory = pending.shift(); directory; directory = pending.shift()) {
    const listing = await source.list(directory.path, signal);
    found.refused.push(...listing.refused);
    for (const entry of listing.entries) {
      const relative = entry.path.slice(joinPath(selection.path, '').length);
      if (entry.kind === 'directory') {
        if (selection.recursive && directory.depth < MAX_DEPTH && asked.isAbove(relative))
          pending.push({ path: entry.path, depth: directory.depth + 1 });
        continue;
      }
      if (entry.kind === 'file') present.add(entry.path);
      if (isTemporaryName(entry.name) || !asked.has(relative) || !wanted(relative)) continue;
      if (entry.kind === 'other') found.refused.push({ shown: entry.name, reason: 'not a regular file' });
      else found.files.push(entry);
    }
  }
  refuseTwins(found);
  return selection.marker === undefined ? found : refuseUnmarked(found, selection.marker, present);
}

function refuseUnmarked(found: Observed, marker: string, present: ReadonlySet<string>): Observed {
  const { files, refused } = keepMarked(marker, found.files, present);
  return { files, refused: [...found.refused, ...refused], present };
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
  asked: Asked,
  first: Observed,
  signal: AbortSignal,
): Promise<Observed> {
  if (first.files.length === 0) return first;
  await pause(selection.settleMs, signal);
  const second = await observe(source, selection, asked, signal);
  const before = new Map(first.files.map((file) => [file.path, file]));
  const settled: Observed = { files: [], refused: [...second.refused], present: second.present };
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
