import { type Placement, type Selection, TransferError } from '#domain';
import type { DirectoryEntry, RefusedEntry } from '#protocol';
import type { SizedEntry } from './observe-files.ts';
import { parameterParts } from './parameters.ts';
import { baseName, destinationName, joinPath, parentOf, versionedPath } from './paths.ts';
import { momentParts, type RunMoment } from './run-moment.ts';
import type { SelectedFile } from './select-files.ts';

export interface Placed {
  files: SelectedFile[];
  refused: RefusedEntry[];
}

/** Gives each file its path at the destination; two of one run never get the same. */
export function placeFiles(
  found: { files: readonly SizedEntry[]; refused: readonly RefusedEntry[] },
  selection: Selection,
  placement: Placement,
  moment: RunMoment,
): Placed {
  const ofTheRun = { ...momentParts(moment), ...parameterParts(moment.parameters) };
  const told = found.refused.map(({ shown, reason }) => ({ shown, reason }));
  const selected: Placed = { files: [], refused: told };
  for (const file of found.files) {
    try {
      selected.files.push({
        version: { path: file.path, sizeBytes: file.sizeBytes, modified: file.modified },
        destinationPath: placedPath(file, selection, placement, ofTheRun),
      });
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      selected.refused.push({ shown: file.name, reason: error.message });
    }
  }
  return partMeeting(selected, placement);
}

/** Recursive selections keep their folders below the destination path. */
function placedPath(
  { path }: DirectoryEntry,
  selection: Selection,
  placement: Placement,
  ofTheRun: Readonly<Record<string, string>>,
): string {
  const below = parentOf(path).slice(selection.path === '/' ? 1 : selection.path.length + 1);
  const directory = below === '' ? placement.path : joinPath(placement.path, below);
  return joinPath(directory, destinationName(placement.name, baseName(path), ofTheRun));
}

/**
 * Files that meet at one name, whatever the order of the listing: the first by its path has it. Lanes rename at the
 * same moment, and FTP looks first and renames then: that one of them fails must not be left to the server.
 */
function partMeeting(selected: Placed, placement: Placement): Placed {
  const groups = new Map<string, SelectedFile[]>();
  for (const file of selected.files) {
    const key = meetingKey(file.destinationPath, placement);
    const group = groups.get(key);
    if (group) group.push(file);
    else groups.set(key, [file]);
  }
  const taken = new Set(selected.files.map((file) => file.destinationPath));
  const left = new Set(selected.files);
  for (const group of groups.values()) {
    if (group.length === 1) continue;
    group.sort((a, b) => (a.version.path < b.version.path ? -1 : 1));
    for (const [index, later] of group.entries()) {
      if (index === 0) continue;
      if (placement.onExisting === 'version') {
        later.destinationPath = freeVersion(later.destinationPath, index + 1, taken);
        continue;
      }
      left.delete(later);
      selected.refused.push({ shown: baseName(later.version.path), reason: whyHeld(later, group[0]!) });
    }
  }
  return { ...selected, files: selected.files.filter((file) => left.has(file)) };
}

/**
 * Replacing would cost the first file its bytes where the server takes both spellings for one; `refuse` and `version`
 * find that out at the destination, and lose nothing where it tells them apart.
 */
function meetingKey(path: string, { onExisting }: Placement): string {
  return onExisting === 'overwrite' ? path.normalize('NFC').toLowerCase() : path;
}

function freeVersion(path: string, from: number, taken: Set<string>): string {
  for (let number = from; ; number++) {
    const versioned = versionedPath(path, number);
    if (taken.has(versioned)) continue;
    taken.add(versioned);
    return versioned;
  }
}

function whyHeld(later: SelectedFile, first: SelectedFile): string {
  const meets = `${baseName(first.version.path)} of the same run`;
  return later.destinationPath === first.destinationPath
    ? `would get the name ${later.destinationPath}, which ${meets} has`
    : `would replace ${meets} on a server that takes ${baseName(later.destinationPath)} and ${baseName(first.destinationPath)} for one name`;
}
