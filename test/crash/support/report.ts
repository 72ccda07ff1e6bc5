import { appendFileSync, readFileSync } from 'node:fs';
import type { CrashCase } from './plan-case.ts';

/** What one case came to. */
export interface CrashResult
  extends Pick<CrashCase, 'seed' | 'mode' | 'direction' | 'point' | 'lanes' | 'occurrence'> {
  files: number;
  bytes: number;
  /** From the worker's end to the end of the run. */
  recoveredMs: number;
  passed: boolean;
}

/** Where `run.ts` wants it: a line per case, of processes that run side by side. */
const RESULTS = 'WAYBILL_CRASH_RESULTS';
const SEEDS = 'WAYBILL_CRASH_SEEDS';

export function reportResult(each: CrashCase, recoveredMs: number, passed: boolean): void {
  const path = process.env[RESULTS];
  if (path === undefined) return;
  const { seed, mode, direction, point, lanes, occurrence, files } = each;
  const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const result: CrashResult = {
    ...{ seed, mode, direction, point, lanes, occurrence },
    ...{ files: files.length, bytes, recoveredMs: Math.round(recoveredMs), passed },
  };
  appendFileSync(path, `${JSON.stringify(result)}\n`);
}

export function environmentOfSuite(seeds: readonly number[], resultsPath: string): Record<string, string> {
  return { [SEEDS]: seeds.join(','), [RESULTS]: resultsPath };
}

/** Seed 1 unless somebody says otherwise. */
export function seedsOfSuite(): number[] {
  return (process.env[SEEDS] ?? '1').split(',').map(Number);
}

export function readResults(path: string): CrashResult[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CrashResult);
}

/** A row for each point, a column for each way there. */
export function summaryTable(results: readonly CrashResult[], points: readonly string[]): string {
  const columns = [...new Set(results.map(({ mode, direction }) => `${mode} ${direction}`))].sort();
  const width = Math.max(...points.map((point) => point.length));
  const rows = points.map((point) => {
    const cells = columns.map((column) =>
      cellOf(results.filter((each) => each.point === point && `${each.mode} ${each.direction}` === column)),
    );
    return [point.padEnd(width), ...cells.map((cell, index) => cell.padStart(columns[index]!.length))].join(
      '  ',
    );
  });
  const recovered = results.map(({ recoveredMs }) => recoveredMs).sort((one, other) => one - other);
  const percentile = (part: number) => seconds(recovered[Math.ceil(recovered.length * part) - 1] ?? 0);
  const failed = results.filter(({ passed }) => !passed);
  return [
    [''.padEnd(width), ...columns].join('  '),
    ...rows,
    '',
    `${results.length} cases, ${results.reduce((sum, { files }) => sum + files, 0)} files, ${failed.length} failed; recovered in ${percentile(0.5)} (median), ${percentile(0.95)} (p95), ${percentile(1)} (longest)`,
    ...failed.map(
      ({ seed, mode, direction, point }) => `failed: seed ${seed}, ${mode} ${direction}, ${point}`,
    ),
  ].join('\n');
}

function cellOf(results: readonly CrashResult[]): string {
  if (results.length === 0) return '–';
  const longest = seconds(Math.max(...results.map(({ recoveredMs }) => recoveredMs)));
  const failed = results.filter(({ passed }) => !passed).length;
  return failed === 0 ? longest : `${failed} FAILED`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
