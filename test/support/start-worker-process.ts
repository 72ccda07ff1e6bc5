import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { WorkerProcessOrder } from './worker-process.ts';

export interface WorkerProcess {
  pid: number;
  /** SIGKILL: no handler runs, nothing is released. */
  kill(): Promise<void>;
  /** SIGTERM: drains. */
  drain(): Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
}

export async function startWorkerProcess(order: WorkerProcessOrder): Promise<WorkerProcess> {
  const child = spawn(
    process.execPath,
    ['--conditions=waybill-source', join(import.meta.dirname, 'worker-process.ts'), JSON.stringify(order)],
    { stdio: ['ignore', 'pipe', process.env['WAYBILL_TEST_LOG'] === undefined ? 'ignore' : 'inherit'] },
  );
  await Promise.race([once(child.stdout!, 'data'), failed(child)]);
  return {
    pid: child.pid!,
    async kill() {
      await end(child, 'SIGKILL');
    },
    drain: () => end(child, 'SIGTERM'),
    signal: (signal) => void child.kill(signal),
  };
}

async function failed(child: ChildProcess): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null];
  throw new Error(`the worker process ended with ${code} before it was ready`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
  return child.exitCode;
}
