import { TransferError } from '#domain';

/** `/a/b` + `c` -> `/a/b/c`; paths on endpoints are absolute and `/` separated. */
export function joinPath(directory: string, name: string): string {
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;
}

export function parentOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut <= 0 ? '/' : path.slice(0, cut);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

const TEMPORARY_NAME = /^\.waybill-[0-9a-f-]{36}-\d+\.part$/;

/**
 * The temporary name lives beside the final one, so that the rename stays on one file system. It holds transfer
 * and fence, so every leftover can be found by name, and is short enough for the 255 bytes of any server.
 */
export function temporaryPath(destinationPath: string, transferId: string, fence: number): string {
  return joinPath(parentOf(destinationPath), `.waybill-${transferId}-${fence}.part`);
}

/** Our own unfinished files are never anybody's source. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY_NAME.test(name);
}

/** What a template may say: `{name}` is the source name, `{stem}` and `{extension}` its parts (`a.tar.gz` -> `a.tar`, `.gz`). */
export function nameParts(sourceName: string): Record<string, string> {
  const dot = sourceName.lastIndexOf('.');
  return {
    name: sourceName,
    stem: dot > 0 ? sourceName.slice(0, dot) : sourceName,
    extension: dot > 0 ? sourceName.slice(dot) : '',
  };
}

/** One pass: a source name or a parameter that itself holds `{stem}` is not expanded again. */
export function expandTemplate(template: string, parts: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+(?:\.\w+)?)\}/g, (placeholder, word: string) =>
    Object.hasOwn(parts, word) ? parts[word]! : placeholder,
  );
}

/** The name at the destination; `ofTheRun` holds what templates may say of the run, such as its date. */
export function destinationName(
  template: string,
  sourceName: string,
  ofTheRun: Readonly<Record<string, string>> = {},
): string {
  const name = expandTemplate(template, { ...ofTheRun, ...nameParts(sourceName) });
  if (name === '' || name === '.' || name === '..' || /[/\u0000-\u001f\u007f]/.test(name)) {
    throw new TransferError('file_name_refused', {
      phase: 'list',
      detail: `The name "${JSON.stringify(name)}" made from the template "${template}" is not a file name.`,
    });
  }
  return name;
}

/** `report.csv`, 2 -> `report-2.csv`: the names that `onExisting: version` tries. */
export function versionedPath(path: string, number: number): string {
  const name = baseName(path);
  const dot = name.lastIndexOf('.');
  const versioned = dot > 0 ? `${name.slice(0, dot)}-${number}${name.slice(dot)}` : `${name}-${number}`;
  return joinPath(parentOf(path), versioned);
}
