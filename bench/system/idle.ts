import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { processTree } from '../../test/support/waybill-process.ts';
import type { Installation } from './installation.ts';
import { type Bench, judged, type Measured } from './measured.ts';

const MOST_MEBIBYTES = 350;
const MOST_PERCENT = 2;
/** What the start leaves behind has to settle; then a minute, so that every timer shows. */
const SETTLE_MS = 10_000;
const OBSERVED_MS = 60_000;
/** Kernel's unit of processor time. */
const TICKS_PER_SECOND = 100;

/** `waybill start` and every process below it, with nothing to do. */
export async function idleRow(_: Bench, installation: Installation): Promise<Measured[]> {
  await pause(SETTLE_MS);
  const before = ticksOf(processTree(installation.pid));
  const started = performance.now();
  await pause(OBSERVED_MS);
  const processes = processTree(installation.pid);
  const percent =
    ((ticksOf(processes) - before) / TICKS_PER_SECOND / ((performance.now() - started) / 1000)) * 100;
  const own = memoryOf(processes, 'Pss');
  console.log(
    `       ${processes.length} processes; resident sizes added up: ${memoryOf(processes, 'Rss').toFixed(0)} MiB (what they share counts for each)`,
  );
  return [
    judged('memory', own, MOST_MEBIBYTES, 'MiB (what is shared counts once)'),
    judged('processor', percent, MOST_PERCENT, '% of a core'),
  ];
}

function memoryOf(processes: readonly number[], kind: 'Rss' | 'Pss'): number {
  const kibibytes = processes.map((pid) => {
    const found = new RegExp(`^${kind}:\\s+(\\d+) kB`, 'm').exec(
      readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'),
    );
    return Number(found?.[1]);
  });
  return kibibytes.reduce((sum, one) => sum + one, 0) / 1024;
}

/** User and system time of these processes and their ended children. */
function ticksOf(processes: readonly number[]): number {
  return processes
    .map((pid) => {
      // The name, in brackets, may hold blanks.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    })
    .reduce((sum, one) => sum + one, 0);
}
