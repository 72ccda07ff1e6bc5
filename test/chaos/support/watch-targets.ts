import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface TargetWatch {
  /** What an impatient partner would have taken half finished, or missed again; must stay empty. */
  readonly sightings: string[];
  readonly looks: number;
  stop(): Promise<void>;
}

/** An outsider who lists every target folder 20 times a second, and looks at each name that is new. */
export function watchTargets(
  targets: readonly { directory: string; files: readonly { name: string; sizeBytes: number }[] }[],
): TargetWatch {
  const folders = targets.map(({ directory, files }) => ({
    directory,
    sizes: new Map(files.map((file) => [file.name, file.sizeBytes])),
    whole: new Set<string>(),
  }));
  const sightings: string[] = [];
  let looks = 0;
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  }, 50);
  return {
    sightings,
    get looks() {
      return looks;
    },
    async stop() {
      clearInterval(timer);
      await looking;
      await look();
    },
  };

  async function look(): Promise<void> {
    looks++;
    for (const { directory, sizes, whole } of folders) {
      const names = new Set(await readdir(directory));
      for (const name of whole)
        if (!names.has(name)) sightings.push(`${directory}/${name} was there and is gone`);
      for (const name of names) {
        const expected = sizes.get(name);
        if (expected === undefined || whole.has(name)) continue;
        const now = await stat(join(directory, name)).catch(() => undefined);
        if (now?.size === expected) whole.add(name);
        else sightings.push(`${directory}/${name}: ${now?.size} of ${expected} bytes`);
      }
    }
  }
}
