import { RE2JS } from 're2js';
import type { DirectoryEntry } from '#protocol';
import { type LeftOut, type Refusal, refuse } from './left-out.ts';
import { baseName, expandTemplate, joinPath, nameParts, parentOf } from './paths.ts';

/** `{name}.done`, `/out/a.csv` -> `/out/a.csv.done`: where the partner says that the file is complete. */
export function markerPath(template: string, filePath: string): string {
  return joinPath(parentOf(filePath), expandTemplate(template, nameParts(baseName(filePath))));
}

export interface Marked {
  files: DirectoryEntry[];
  refused: Refusal[];
}

/**
 * The files whose marker stands in the same listing. What has the form of a marker is one, whether its file is there
 * yet or not: markers are nobody's source.
 */
export function keepMarked(
  template: string,
  files: readonly DirectoryEntry[],
  present: ReadonlySet<string>,
  left: LeftOut,
): Marked {
  const isMarker = markerForm(template);
  const marked: Marked = { files: [], refused: [] };
  for (const file of files) {
    if (isMarker(file.name)) {
      left.add(file, 'marker');
      continue;
    }
    const marker = markerPath(template, file.path);
    if (present.has(marker)) marked.files.push(file);
    else
      marked.refused.push(
        refuse(
          file,
          'no_marker',
          `its marker ${baseName(marker)} is not there yet; taken by the run that finds it`,
        ),
      );
  }
  return marked;
}

/** A name that some file would have as its marker; what a placeholder stands for is not empty, except `{extension}`. */
function markerForm(template: string): (name: string) => boolean {
  const pieces = template
    .split(/(\{(?:name|stem|extension)\})/)
    .map((piece) => FORMS[piece] ?? RE2JS.quote(piece));
  const form = RE2JS.compile(pieces.join(''), RE2JS.DOTALL);
  return (name) => form.matches(name);
}

const FORMS: Readonly<Record<string, string>> = {
  '{name}': '.+',
  '{stem}': '.+',
  '{extension}': '(?:\\.[^.]*)?',
};
