import { randomBytes } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Installation } from './installation.ts';
import { finished } from './many.ts';
import { type Bench, judged, type Measured, percentile99 } from './measured.ts';
import { configuration, pullRoute } from './routes.ts';

/** Requests on their way at once. */
const CALLERS = 4;
const WARM_UP = 50;
const MOST_MS = 50;
const FILE = 'file.dat';

/** Runs of one file each, triggered through the API as fast as it takes them; all delivered, each once. */
export async function triggersRow(bench: Bench, installation: Installation): Promise<Measured[]> {
  const folders = await plantFolders(bench);
  const disk = join(installation.home, 'files');
  await mkdir(disk, { recursive: true });
  const routes = folders.map((folder) => pullRoute(folder, `/ones/${folder}`, '*', 1));
  await installation.apply(configuration(bench, disk, routes));
  // As everywhere, after a warm-up: the first requests of a process meet code that is not compiled yet.
  await triggerAndFinish(installation, folders.slice(0, WARM_UP));
  const measured = folders.slice(WARM_UP);
  const { milliseconds, accepted, states, seconds } = await triggerAndFinish(installation, measured);
  console.log(
    `       ${states.length} accepted in ${accepted.toFixed(2)} s, all finished after ${seconds.toFixed(1)} s`,
  );
  const arrived = await Promise.all(folders.map((folder) => readdir(join(disk, folder)).catch(() => [])));
  const missing = arrived.filter((names) => names.join() !== FILE).length;
  return [
    judged('accepted, 99 of 100', percentile99(milliseconds), MOST_MS, 'ms'),
    judged('not delivered', states.filter((state) => state !== 'delivered').length, 0, 'runs'),
    judged('not at the destination', missing, 0, 'files'),
  ];
}

/** All are triggered before the first one is asked for. */
async function triggerAndFinish(
  installation: Installation,
  routes: readonly string[],
): Promise<{ milliseconds: number[]; accepted: number; states: string[]; seconds: number }> {
  const milliseconds: number[] = [];
  const runs: string[] = [];
  const waiting = routes.values();
  const started = performance.now();
  const secondsSince = () => (performance.now() - started) / 1000;
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      for (const route of waiting) {
        const asked = performance.now();
        const { id } = await installation.post<{ id: string }>(`/routes/${route}/runs`, {});
        milliseconds.push(performance.now() - asked);
        runs.push(id);
      }
    }),
  );
  const accepted = secondsSince();
  const states: string[] = [];
  for (const id of runs) states.push(await finished(installation, id));
  return { milliseconds, accepted, states, seconds: secondsSince() };
}

/** Each with one file: what is measured is runs, not the listing of a full folder. */
async function plantFolders({ server, count }: Bench): Promise<string[]> {
  const folders = Array.from({ length: WARM_UP + count }, (_, index) => `one-${index}`);
  await server.plant('ones', async (directory) => {
    for (const folder of folders) {
      await mkdir(join(directory, folder), { recursive: true });
      await writeFile(join(directory, folder, FILE), randomBytes(10 * 1024));
    }
  });
  return folders;
}
