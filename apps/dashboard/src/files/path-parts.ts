/** `/out/day/a.csv` -> `a.csv`. */
export function nameOf(path: string): string {
  return path.slice(nameAt(path));
}

/** `/out/day/a.csv` -> `/out/day/`. */
export function folderOf(path: string): string {
  return path.slice(0, nameAt(path));
}

/** A server may tell of names that end in a slash: such a name is shown with it, as a link needs something to press. */
function nameAt(path: string): number {
  return path.lastIndexOf('/', Math.max(0, path.length - 2)) + 1;
}
