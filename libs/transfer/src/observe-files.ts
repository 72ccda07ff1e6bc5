import type { Selection } from '#domain';
import type { DirectoryEntry, RefusedEntry, RemoteSession } from '#protocol';
import { LeftOut, type Refusal, refuse } from './left-out.ts';
import { keepMarked } from './markers.ts';
import { judgeNames } from './match-names.ts';
import type { Asked } from './named-files.ts';
import { isTemporaryName, joinPath } from './paths.ts';

/** A partner's tree may be a loop or a trap; nobody's exchange folder is this deep. */
const MAX_DEPTH = 20;

export type SizedEntry = DirectoryEntry & { sizeBytes: bigint };

/** What a selection makes of a folder: everything that was listed is in one of the first three. */
interface Observation {
  files: DirectoryEntry[];
  refused: Refusal[];
  left: LeftOut;
  /** The paths of all regular files that were listed. */
  present: ReadonlySet<string>;
}

export interface SettledObservation extends Observation {
  files: SizedEntry[];
}

/** Lists the source and judges what is there, twice where files have to have settled. */
export async function observeFiles(
  source: RemoteSession,
  selection: Selection,
  asked: Asked,
  signal: AbortSignal,
): Promise<SettledObservation> {
  const first = await observe(source, selection, asked, signal);
  const settles = selection.settleMs > 0 && first.files.length > 0;
  return keepSized(settles ? await keepSettled(source, selection, asked, first, signal) : first);
}

async function observe(
  source: RemoteSession,
  selection: Selection,
  asked: Asked,
  signal: AbortSignal,
): Promise<Observation> {
  const judge = judgeNames(selection);
  const present = new Set<string>();
  const found = { files: [] as DirectoryEntry[], refused: [] as Refusal[], left: new LeftOut(), present };
  const pending = [{ path: selection.path, depth: 0 }];
  for (let directory = pending.shift(); directory; directory = pending.shift()) {
    const listing = await source.list(directory.path, signal);
    for (const row of listing.refused) found.refused.push(refuseRow(row, directory.path));
    for (const entry of listing.entries) {
      const relative = entry.path.slice(joinPath(selection.path, '').length);
      if (entry.kind === 'directory') {
        if (!selection.recursive) found.left.add(entry, 'directory');
        else if (directory.depth >= MAX_DEPTH)
          found.left.add(entry, 'directory', `more than ${MAX_DEPTH} folders deep`);
        else if (asked.isAbove(relative)) pending.push({ path: entry.path, depth: directory.depth + 1 });
        continue;
      }
      if (entry.kind === 'file') present.add(entry.path);
      const why = isTemporaryName(entry.name) ? 'temporary' : judge(relative);
      if (why !== undefined) found.left.add(entry, why);
      else if (!asked.has(relative)) continue;
      else if (entry.kind === 'other') found.refused.push(refuse(entry, 'not_a_file', 'not a regular file'));
      else found.files.push(entry);
    }
  }
  refuseTwins(found);
  return selection.marker === undefined ? found : refuseUnmarked(found, selection.marker);
}

function refuseRow({ shown, reason }: RefusedEntry, directory: string): Refusal {
  const facts = { path: joinPath(directory, shown), sizeBytes: null, modified: null };
  return { shown, reason, why: 'name_refused', ...facts };
}

function refuseUnmarked(found: Observation, marker: string): Observation {
  const { files, refused } = keepMarked(marker, found.files, found.present, found.left);
  return { ...found, files, refused: [...found.refused, ...refused] };
}

/** The same name twice in one listing: nobody can say which is meant, so neither is taken. */
function refuseTwins(found: Observation): void {
  const seen = new Map<string, DirectoryEntry[]>();
  for (const file of found.files) {
    const others = seen.get(file.path);
    if (others) others.push(file);
    else seen.set(file.path, [file]);
  }
  for (const [path, [file, ...others]] of seen) {
    if (others.length > 0)
      found.refused.push({
        ...refuse(file!, 'listed_twice', `listed ${others.length + 1} times`),
        shown: path,
      });
  }
  found.files = found.files.filter((file) => seen.get(file.path)!.length === 1);
}

/** Two equal observations `settleMs` apart; a file still growing waits for the next run. */
async function keepSettled(
  source: RemoteSession,
  selection: Selection,
  asked: Asked,
  first: Observation,
  signal: AbortSignal,
): Promise<Observation> {
  await pause(selection.settleMs, signal);
  const second = await observe(source, selection, asked, signal);
  const before = new Map(first.files.map((file) => [file.path, file]));
  const settled: Observation = { ...second, files: [], refused: [...second.refused] };
  for (const file of second.files) {
    const earlier = before.get(file.path);
    if (earlier && earlier.sizeBytes === file.sizeBytes && earlier.modified === file.modified)
      settled.files.push(file);
    else settled.refused.push(refuse(file, 'not_settled', 'still changing; taken by the next run'));
  }
  return settled;
}

/** Whether all of a file came can only be said where somebody said how much it is. */
function keepSized(found: Observation): SettledObservation {
  const sized: SettledObservation = { ...found, files: [] };
  for (const file of found.files) {
    if (isSized(file)) sized.files.push(file);
    else sized.refused.push(refuse(file, 'no_size', 'the server states no size'));
  }
  return sized;
}

function isSized(file: DirectoryEntry): file is SizedEntry {
  return file.sizeBytes !== null;
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
