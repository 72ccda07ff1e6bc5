import { spawn } from 'node:child_process';

/** One whole process (and its children), from its start to its end. */
export interface Sample {
  wallSeconds: number;
  /** User and system time of the process and its children. */
  processorSeconds: number;
  /** Of the server meanwhile; undefined where the system does not tell. */
  serverSeconds: number | undefined;
  /** What the side printed about itself, as lines of JSON. */
  report: Record<string, number>;
  /** What it printed as `sha256sum` does: name to SHA-256. */
  hashes: Map<string, string>;
}

/**
 * Runs `script` in bash, which says at its end what processor time its children took.
 * @throws when it fails, with what it printed
 */
export async function measure(
  script: string,
  environment: Record<string, string>,
  serverSeconds: () => number | undefined,
): Promise<Sample> {
  const serverBefore = serverSeconds();
  const started = performance.now();
  // `times` inside the group: the group's children are this shell's.
  const child = spawn('bash', ['-c', `set -uo pipefail\n{ ${script}; } || exit 1\ntimes >&3`], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const texts = Promise.all([1, 2, 3].map((fd) => collect(child.stdio[fd] as NodeJS.ReadableStream)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const wallSeconds = (performance.now() - started) / 1000;
  const [output = '', errors = '', times = ''] = await texts;
  if (code !== 0) throw new Error(`ended with ${code}: ${errors}${output.slice(-2_000)}\n${script}`);
  const serverAfter = serverSeconds();
  return {
    wallSeconds,
    processorSeconds: childSeconds(times),
    serverSeconds:
      serverAfter === undefined || serverBefore === undefined ? undefined : serverAfter - serverBefore,
    report: reportOf(output),
    hashes: hashesOf(output),
  };
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** The second line of bash's `times`: `0m1.120s 0m1.312s`. */
function childSeconds(times: string): number {
  const fields = (times.trim().split('\n')[1] ?? '').split(' ');
  return fields.reduce((sum, field) => {
    const match = /^(\d+)m([\d.]+)s$/.exec(field);
    return match ? sum + Number(match[1]) * 60 + Number(match[2]) : sum;
  }, 0);
}

function reportOf(output: string): Record<string, number> {
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  return Object.assign({}, ...lines.map((line) => JSON.parse(line)));
}

function hashesOf(output: string): Map<string, string> {
  const lines = output.matchAll(/^([0-9a-f]{64}) [ *](?:.*\/)?(.+)$/gm);
  return new Map(Array.from(lines, ([, hash, name]) => [name!, hash!]));
}

/** Ours divided by theirs, of neighbours. */
export interface Ratio {
  median: number;
  least: number;
  most: number;
}

export function ratioOf(ours: readonly Sample[], theirs: readonly Sample[]): Ratio {
  const ratios = ours.map(({ wallSeconds }, index) => wallSeconds / theirs[index]!.wallSeconds);
  return { median: medianOf(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
