import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** One whole process (and its children), from its start to its end. */
export interface Sample {
  wallSeconds: number;
  /** User and system time of the process and its children. */
  processorSeconds: number;
  /** Of the whole machine meanwhile: server and client together. */
  machineSeconds: number;
  /** What the side printed about itself. */
  report: Record<string, number>;
}

const TICKS_PER_SECOND = 100;

/**
 * Runs `script` in bash, which says at its end what processor time its children took.
 * @throws when it fails, with what it printed
 */
export async function measure(script: string, environment: Record<string, string>): Promise<Sample> {
  const machineBefore = busyTicks();
  const started = performance.now();
  const child = spawn('bash', ['-c', `set -uo pipefail\n{ ${script}; } || exit 1\ntimes >&3`], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [output, errors, times] = [1, 2, 3].map((fd) => collect(child.stdio[fd] as NodeJS.ReadableStream));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const wallSeconds = (performance.now() - started) / 1000;
  const machineSeconds = (busyTicks() - machineBefore) / TICKS_PER_SECOND;
  if (code !== 0) throw new Error(`ended with ${code}: ${await errors}${await output}\n${script}`);
  return {
    wallSeconds,
    machineSeconds,
    processorSeconds: childSeconds(await times!),
    report: reportOf(await output!),
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

/** Every line of JSON that the side printed. */
function reportOf(output: string): Record<string, number> {
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  return Object.assign({}, ...lines.map((line) => JSON.parse(line)));
}

/** All but idle and waiting, of all processors. */
function busyTicks(): number {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.trim().split(/\s+/).slice(1).map(Number);
  const [user, nice, system, , , irq, softirq, steal] = fields;
  return user! + nice! + system! + irq! + softirq! + steal!;
}

export interface Comparison {
  peer: string;
  /** Ours divided by theirs, of neighbours. */
  median: number;
  least: number;
  most: number;
}

export function compare(peer: string, pairs: Array<{ ours: Sample; theirs: Sample }>): Comparison {
  const ratios = pairs.map(({ ours, theirs }) => ours.wallSeconds / theirs.wallSeconds).sort((a, b) => a - b);
  return { peer, median: medianOf(ratios), least: ratios[0]!, most: ratios.at(-1)! };
}

export function medianOf(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
