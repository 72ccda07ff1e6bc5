import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let found: string | undefined;

/** The folder of Waybill's package.json: the same from sources and from `dist`. */
export function packageRoot(): string {
  found ??= findUpwards(dirname(fileURLToPath(import.meta.url)));
  return found;
}

function findUpwards(start: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    if (nameAt(directory) === 'waybill') return directory;
    if (directory === dirname(directory)) throw new Error(`No package.json of Waybill above ${start}.`);
  }
}

function nameAt(directory: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { name?: unknown }).name;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
