import { readFileSync } from 'node:fs';

/** Where the work is done; every side gets the same by its environment. */
export const place = {
  host: process.env['BENCH_HOST']!,
  port: Number(process.env['BENCH_PORT']),
  username: process.env['BENCH_USER']!,
  password: process.env['BENCH_PASSWORD']!,
  ca: readFileSync(process.env['BENCH_CA']!, 'utf8'),
};

/** Takes items one after the other, `lanes` at a time. */
export async function inLanes<L, T>(
  lanes: L[],
  items: T[],
  work: (lane: L, item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    lanes.map(async (lane) => {
      for (const item of queue) await work(lane, item);
    }),
  );
}

export function say(report: Record<string, number | string>): void {
  console.log(JSON.stringify(report));
}
