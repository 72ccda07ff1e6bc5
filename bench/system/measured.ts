import type { BenchServer } from '../servers.ts';
import { printVerdict } from '../table.ts';
import type { Mode } from './installation.ts';

export interface Bench {
  server: BenchServer;
  /** Emptied before each peer's run. */
  target: string;
  pairs: number;
  /** Runs triggered through the API. */
  count: number;
  schedules: number;
  /** What peers read. */
  environment: Record<string, string>;
}

/** One figure and its limit. */
export interface Measured {
  what: string;
  value: number;
  most: number;
  unit: string;
  passed: boolean;
  mode?: Mode;
  samples?: number[];
}

export function judged(
  what: string,
  value: number,
  most: number,
  unit: string,
  samples: number[] = [],
): Measured {
  const passed = value <= most;
  const spread = samples.length > 1 ? ` (${samples.map((sample) => sample.toFixed(2)).join(', ')})` : '';
  printVerdict(passed, what, `${value.toFixed(2)} ${unit}, at most ${most}${spread}`);
  return { what, value, most, unit, passed, samples };
}

/** The smallest value that 99 of 100 do not exceed. */
export function percentile99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
}
