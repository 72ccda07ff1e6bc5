import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';

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

/**
 * A small file on its way to the disk: opened while the first bytes are fetched, hashed on the way, written in one piece
 * and flushed while the next file is fetched. The same for both sides that are Node: engines are compared, not sinks.
 */
export class SmallFile {
  readonly #opening: ReturnType<typeof open>;
  readonly #hash = createHash('sha256');
  readonly #chunks: Buffer[] = [];

  constructor(path: string) {
    this.#opening = open(path, 'w');
  }

  /** The chunk may be reused afterwards. */
  add(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#chunks.push(Buffer.from(chunk));
  }

  /** Resolves with the SHA-256 of a file that is on the disk. */
  async finish(): Promise<string> {
    const file = await this.#opening;
    await file.writeFile(Buffer.concat(this.#chunks));
    await file.sync();
    await file.close();
    return this.#hash.digest('hex');
  }
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
