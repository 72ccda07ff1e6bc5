import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '#config';

const NODE = join(packageRoot(), 'node_modules/node/bin/node');
const MAIN = join(packageRoot(), 'dist/apps/cli/src/main.js');

/** Builds when something is stale, as `npm start` does. */
export function makeReady(): void {
  execFileSync(NODE, [join(packageRoot(), 'apps/cli/bin/ready.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** A built `waybill` in a process group of its own, as a terminal would start it. */
export class WaybillProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  readonly output: string[] = [];
  readonly complaints: string[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(args: readonly string[], environment: Record<string, string> = {}) {
    this.#child = spawn(NODE, ['--max-semi-space-size=2', MAIN, ...args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    });
    this.#exit = once(this.#child, 'exit').then(([code]) => code as number | null);
    this.#read(this.#child.stdout!, this.output);
    this.#read(this.#child.stderr!, this.complaints);
    void this.#exit.then(() => this.#tell());
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The first line of standard output that matches; rejects when the process ends or the time is over. */
  async line(pattern: RegExp, deadlineMs: number): Promise<string> {
    const end = performance.now() + deadlineMs;
    for (;;) {
      const found = this.output.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      const leftMs = end - performance.now();
      const ended = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (ended || leftMs <= 0) {
        const why = ended ? `it ended with ${this.#child.exitCode}` : `not within ${deadlineMs} ms`;
        throw new Error(
          `no line like ${pattern}: ${why}\n${[...this.output, ...this.complaints].join('\n')}`,
        );
      }
      await this.#news(leftMs);
    }
  }

  /** What Ctrl-C does: the signal reaches every process of the group. */
  async interrupt(): Promise<number | null> {
    process.kill(-this.pid, 'SIGINT');
    return this.#exit;
  }

  exit(): Promise<number | null> {
    return this.#exit;
  }

  kill(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) process.kill(-this.pid, 'SIGKILL');
  }

  #read(stream: NodeJS.ReadableStream, lines: string[]): void {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      this.#tell();
    });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  #news(atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, atMostMs);
      this.#listeners.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** Every living process below `pid`, itself included. */
export function processTree(pid: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => !state?.startsWith('Z'))
    .map(([child, parent]) => ({ child: Number(child), parent: Number(parent) }));
  const tree = new Set([pid]);
  for (let before = 0; before !== tree.size; ) {
    before = tree.size;
    for (const { child, parent } of rows) if (tree.has(parent)) tree.add(child);
  }
  return [...tree].filter((one) => rows.some(({ child }) => child === one));
}

export function isAlive(pid: number): boolean {
  return processTree(pid).includes(pid);
}
