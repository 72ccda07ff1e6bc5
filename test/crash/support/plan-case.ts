import { createHash } from 'node:crypto';
import { FAILPOINTS, type Failpoint } from '#failpoint';

export const DIRECTIONS = ['pull', 'push'] as const;
export type Direction = (typeof DIRECTIONS)[number];

export const MODES = ['explicit', 'implicit'] as const;
export type Mode = (typeof MODES)[number];

/** One worker that ends at one moment. All that is left open by its name comes from the seed. */
export interface CrashCase {
  seed: number;
  mode: Mode;
  direction: Direction;
  point: Failpoint;
  /** Route and folder of the case: nothing is shared with another. */
  name: string;
  files: { name: string; sizeBytes: number }[];
  lanes: number;
  /** How often the point is passed before the worker ends there. */
  occurrence: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;
/** Where buffers, TLS records and blocks begin and end. */
const EDGES = [0, 1, 16 * KIB - 1, 16 * KIB + 1, 64 * KIB, 512 * KIB, MIB - 1, MIB + 1];
const MOST_FILES = 4;
const MOST_LANES = 3;

/** Pure: the same seed is the same case, wherever it runs. */
export function planCase(seed: number, mode: Mode, direction: Direction, point: Failpoint): CrashCase {
  const next = numbersFrom(`${seed} ${mode} ${direction} ${point}`);
  const upTo = (most: number) => 1 + Math.floor(next() * most);
  const files = Array.from({ length: upTo(MOST_FILES) }, (_, index) => ({
    name: `file-${index}.bin`,
    sizeBytes:
      // In the middle of nothing there is no moment.
      point === 'mid_bytes' ? MIB + upTo(2 * MIB) : next() < 0.5 ? pick(EDGES, next()) : upTo(2 * MIB),
  }));
  return {
    seed,
    mode,
    direction,
    point,
    name: `${direction}-${point}-${seed}`.replaceAll('_', '-'),
    files,
    lanes: upTo(MOST_LANES),
    // A lane logs in once; every other point is passed by every file.
    occurrence: point === 'connected' || point === 'logged_in' ? 1 : upTo(files.length),
  };
}

export function planAll(seeds: readonly number[], mode: Mode, direction: Direction): CrashCase[] {
  return seeds.flatMap((seed) => FAILPOINTS.map((point) => planCase(seed, mode, direction, point)));
}

/** Where the worker was before it had claimed a file: a pull logs in to list its source. */
export function precedesTheClaim({ direction, point }: Pick<CrashCase, 'direction' | 'point'>): boolean {
  return direction === 'pull' && (point === 'connected' || point === 'logged_in');
}

function pick<T>(list: readonly T[], at: number): T {
  return list[Math.floor(at * list.length)]!;
}

/** Numbers in [0, 1) that depend on the text alone. */
function numbersFrom(text: string): () => number {
  let count = 0;
  return () => createHash('sha256').update(`${text} ${count++}`).digest().readUInt32LE() / 2 ** 32;
}
