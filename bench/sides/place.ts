import { readFileSync } from 'node:fs';

/** Where the work is done; every side gets the same by its environment. */
export const place = {
  host: process.env['BENCH_HOST']!,
  port: Number(process.env['BENCH_PORT']),
  username: process.env['BENCH_USER']!,
  password: process.env['BENCH_PASSWORD']!,
  ca: readFileSync(process.env['BENCH_CA']!, 'utf8'),
};

/** Takes items one after the other, as many at a time as there are lanes. */
export async function inLanes<L, T>(
  lanes: readonly (L | Promise<L>)[],
  items: T[],
  work: (lane: L, item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    lanes.map(async (lane) => {
      const opened = await lane;
      for (const item of queue) await work(opened, item);
    }),
  );
}

/** As `sha256sum` does. */
export function sayHash(name: string, hash: string): void {
  console.log(`${hash}  ${name}`);
}

/** One line of JSON: the largest resident memory, and what else there is to say. */
export function sayReport(report: Record<string, number>): void {
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  console.log(JSON.stringify({ ...report, peakMebibytes: Number(peak) / 1024 }));
}
