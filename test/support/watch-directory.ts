import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlantedFile } from './file-set.ts';

export interface DirectoryWatch {
  /** Files that were seen under their final name with a wrong size; must stay empty. */
  partial: string[];
  looks: number;
  stop(): Promise<void>;
}

/** An outsider who lists the target 20 times a second, as an impatient partner does. */
export function watchDirectory(directory: string, expected: readonly PlantedFile[]): DirectoryWatch {
  const sizes = new Map(expected.map((file) => [file.name, file.sizeBytes]));
  const watch: DirectoryWatch = { partial: [], looks: 0, stop };
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, 50);
  return watch;

  async function look(): Promise<void> {
    watch.looks++;
    for (const name of await readdir(directory).catch(() => [])) {
      const size = sizes.get(name);
      if (size === undefined) continue;
      const now = await stat(join(directory, name)).catch(() => undefined);
      if (now && now.size !== size) watch.partial.push(`${name}: ${now.size} of ${size} bytes`);
    }
  }

  async function stop(): Promise<void> {
    clearInterval(timer);
    await looking;
  }
}
