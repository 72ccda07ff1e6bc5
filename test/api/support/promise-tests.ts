import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#config';
import { PROMISES } from '../promises.ts';

/** Every file that shows a promise. */
export function promiseFiles(): string[] {
  return [...new Set(Object.values(PROMISES).flatMap(({ shownBy }) => Object.keys(shownBy)))].sort();
}

/** The promise's tests that are not there any more, as sentences. */
export function missingTests(id: string): string[] {
  return Object.entries(PROMISES[id]!.shownBy).flatMap(([file, titles]) => {
    const path = join(packageRoot(), file);
    if (!existsSync(path)) return [`${id}: there is no ${file}`];
    const text = withTables(readFileSync(path, 'utf8'), path);
    return titles
      .filter((title) => title !== '' && !stands(text, title))
      .map((title) => `${id}: ${file} has no "${title}"`);
  });
}

/** Tests that a spec takes from a room's `testing`, as the queue does. */
function withTables(text: string, path: string): string {
  if (!path.includes('/libs/queue/')) return text;
  return text + readFileSync(join(packageRoot(), 'libs/queue/testing/queue-conformance.ts'), 'utf8');
}

function stands(text: string, title: string): boolean {
  return text.split('\n').some((line) => /['"`]/.test(line) && line.replaceAll("\\'", "'").includes(title));
}

/** Whether the test, or a group that it is in, is what the promise names. */
export function isShownBy(title: string, names: readonly string[]): boolean {
  if (title === '') return true;
  const pattern = title
    .split(/%[sijdfp]|\$[\w.]+|\$\{[^}]*\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return names.some((name) => new RegExp(pattern, 's').test(name));
}

/** The table of the README, one line for each promise. */
export function promiseTable(): string[] {
  const rows = Object.entries(PROMISES).map(([id, { says, shownBy, note }]) => {
    const files = Object.entries(shownBy).map(
      ([file, titles]) => `\`${file}\`${titles[0] === '' ? '' : `: ${titles.join('; ')}`}`,
    );
    return `| ${id} | ${cell(says)} | ${cell(files.join('<br>'))}${note ? `<br>${cell(note)}` : ''} |`;
  });
  return ['| promise | says | shown by |', '| --- | --- | --- |', ...rows];
}

const cell = (text: string) => text.replaceAll('|', '\\|');
