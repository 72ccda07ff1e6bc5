import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { measure, medianOf } from '../measure.ts';
import { lftp } from '../peers.ts';
import type { Installation } from './installation.ts';
import { type Bench, judged, type Measured } from './measured.ts';
import { configuration, pullRoute } from './routes.ts';

/** Each look is a request that the product answers beside its work; what is found late counts as ours. */
const LOOK_EVERY_MS = 200;
const LANES = 8;

/** 1,000 x 10 KiB, from the trigger to the finished run; then lftp and our bare engine on the same server, in turns. */
export async function manyRow(bench: Bench, installation: Installation): Promise<Measured[]> {
  const { pairs, target } = bench;
  const names = Array.from({ length: pairs + 1 }, (_, index) => `many-${index}`);
  const disk = join(installation.home, 'files');
  await mkdir(disk, { recursive: true });
  await installation.apply(
    configuration(
      bench,
      disk,
      names.map((name) => pullRoute(name, '/many', '*', LANES)),
    ),
  );
  const node = 'node_modules/node/bin/node --max-semi-space-size=2';
  const flushed = `cd ${target} && sha256sum -- * && sync -- *`;
  const peers = {
    lftp: `${lftp(`mirror --parallel=${LANES} /many ${target}`)} && ${flushed}`,
    engine: `${node} bench/sides/ours.ts mirror /many ${target} ${LANES}`,
  };
  const ratios: Record<keyof typeof peers, number[]> = { lftp: [], engine: [] };
  const theirs: Record<keyof typeof peers, number[]> = { lftp: [], engine: [] };
  const seconds: number[] = [];
  for (const [index, name] of names.entries()) {
    const ours = await runThroughTheProduct(bench, installation, name);
    for (const peer of ['lftp', 'engine'] as const) {
      await rm(target, { recursive: true, force: true });
      await mkdir(target);
      const { wallSeconds } = await measure(peers[peer], bench.environment, bench.server.processorSeconds);
      // The first of each side is the warm-up.
      if (index === 0) continue;
      theirs[peer].push(wallSeconds);
      ratios[peer].push(ours / wallSeconds);
    }
    if (index > 0) seconds.push(ours);
  }
  console.log(
    `       ours ${inSeconds(seconds)}, lftp ${inSeconds(theirs.lftp)}, bare engine ${inSeconds(theirs.engine)}`,
  );
  return [
    judged('lftp mirror --parallel=8', medianOf(ratios.lftp), 0.6, 'x', ratios.lftp),
    judged('our bare engine', medianOf(ratios.engine), 2, 'x', ratios.engine),
  ];
}

function inSeconds(samples: readonly number[]): string {
  return `${medianOf(samples).toFixed(2)} s`;
}

async function runThroughTheProduct(
  { server }: Bench,
  installation: Installation,
  name: string,
): Promise<number> {
  const started = performance.now();
  const { id } = await installation.post<{ id: string }>(`/routes/${name}/runs`, {});
  const state = await finished(installation, id);
  const seconds = (performance.now() - started) / 1000;
  if (state !== 'delivered') throw new Error(`run ${id} of ${name} is ${state}`);
  await compare(join(installation.home, 'files', name), server.hashes.get('many')!);
  return seconds;
}

export async function finished(installation: Installation, id: string): Promise<string> {
  for (;;) {
    const { state } = await installation.get<{ state: string }>(`/runs/${id}`);
    if (state !== 'queued' && state !== 'running') return state;
    await pause(LOOK_EVERY_MS);
  }
}

async function compare(folder: string, expected: ReadonlyMap<string, string>): Promise<void> {
  const names = await readdir(folder);
  if (names.length !== expected.size)
    throw new Error(`${names.length} files of ${expected.size} in ${folder}`);
  for (const name of names) {
    const hash = createHash('sha256').update(await readFile(join(folder, name)));
    if (hash.digest('hex') !== expected.get(name)) throw new Error(`${folder}/${name} has other bytes`);
  }
}
