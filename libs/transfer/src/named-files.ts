import type { Placement, Selection } from '#domain';
import { baseName, joinPath } from './paths.ts';
import type { Placed } from './place-files.ts';

/** What a run was asked for by name; all of it where nobody named anything. */
export interface Asked {
  has(relativePath: string): boolean;
  /** Whether anything that was asked for can stand in this folder. */
  isAbove(relativeFolder: string): boolean;
}

export function askFor(files: readonly string[] | undefined): Asked {
  if (files === undefined) return { has: () => true, isAbove: () => true };
  const wanted = new Set(files);
  const folders = new Set(files.flatMap(foldersOf));
  return { has: (path) => wanted.has(path), isAbove: (folder) => folders.has(folder) };
}

/** `a/b/c.csv` -> `a`, `a/b` */
function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** A file that was asked for by name and cannot be moved now. */
export interface MissingFile {
  path: string;
  destinationPath: string;
  reason: string;
}

/** Each with its own reason: whoever names files wants to know of each. */
export function findMissing(
  files: readonly string[],
  selection: Selection,
  placement: Placement,
  placed: Placed,
  present: ReadonlySet<string>,
): MissingFile[] {
  const taken = new Set(placed.files.map(({ version }) => version.path));
  const reasons = new Map(placed.refused.map(({ shown, reason }) => [shown, reason]));
  const reasonOf = (file: string, path: string) => {
    const refused = reasons.get(path) ?? reasons.get(baseName(path));
    if (refused !== undefined) return `It was asked for, and left out: ${refused}.`;
    if (present.has(path)) return 'It was asked for, and the route does not select it.';
    return file.includes('/') && !selection.recursive
      ? 'It was asked for, and the route does not look into folders.'
      : `It was asked for, and is not in ${selection.path}.`;
  };
  return files
    .map((file) => ({ file, path: joinPath(selection.path, file) }))
    .filter(({ path }) => !taken.has(path))
    .map(({ file, path }) => ({
      path,
      destinationPath: joinPath(placement.path, file),
      reason: reasonOf(file, path),
    }));
}
