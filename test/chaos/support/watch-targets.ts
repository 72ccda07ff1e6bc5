import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface TargetWatch {
  /** What an impatient partner would have taken half finished, or missed again; must stay empty. */
  readonly sightings: string[];
  looksPerSecond(): number;
  stop(): Promise<void>;
}

export interface WatchedFile {
  name: string;
  sizeBytes: number;
  /** Of an older file that stands there until the new one is whole. */
  formerBytes?: number | undefined;
}

/** An outsider who lists every target folder 20 times a second, and looks at each name that is new. */
export function watchTargets(
  targets: readonly { directory: string; files: readonly WatchedFile[] }[],
): TargetWatch {
  const folders = targets.map(({ directory, files }) => ({
    directory,
    wanted: new Map(files.map((file) => [file.name, file])),
    whole: new Set<string>(),
  }));
  const sightings: string[] = [];
  const beganMs = performance.now();
  let looks = 0;
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  }, 50);
  return {
    sightings,
    looksPerSecond: () => (1_000 * looks) / (performance.now() - beganMs),
    async stop() {
      clearInterval(timer);
      await looking;
      await look();
    },
  };

  async function look(): Promise<void> {
    looks++;
    for (const { directory, wanted, whole } of folders) {
      const names = new Set(await readdir(directory));
      for (const name of whole)
        if (!names.has(name)) sightings.push(`${directory}/${name} was there and is gone`);
      for (const name of names) {
        const expected = wanted.get(name);
        if (expected === undefined || whole.has(name)) continue;
        const now = await stat(join(directory, name)).catch(() => undefined);
        if (now?.size === expected.sizeBytes) whole.add(name);
        else if (now && now.size === expected.formerBytes) continue;
        else sightings.push(`${directory}/${name}: ${now?.size} of ${expected.sizeBytes} bytes`);
      }
    }
  }
}
