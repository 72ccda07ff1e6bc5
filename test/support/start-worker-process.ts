import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { packageRoot } from '#config';
import type { Arming } from './armed-failpoint.ts';
import type { WorkerProcessOrder } from './worker-process.ts';

export interface WorkerProcess {
  pid: number;
  /** SIGKILL: no handler runs, nothing is released. */
  kill(): Promise<void>;
  /** SIGTERM: drains. */
  drain(): Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
  /** Its failpoint was reached, and it has killed or frozen itself; rejects when it ended without. */
  reached: Promise<void>;
  /** How it ended, however that came about. */
  exited: Promise<number | NodeJS.Signals>;
}

/** With `arming` it kills or freezes itself at a named moment. */
export async function startWorkerProcess(order: WorkerProcessOrder, arming?: Arming): Promise<WorkerProcess> {
  const child = spawn(
    process.execPath,
    [
      '--conditions=waybill-source',
      ...(arming ? ['--conditions=waybill-failpoints'] : []),
      join(import.meta.dirname, 'worker-process.ts'),
      JSON.stringify(order),
    ],
    {
      // The fourth is the failpoint's witness.
      stdio: ['ignore', 'pipe', process.env['WAYBILL_TEST_LOG'] === undefined ? 'ignore' : 'inherit', 'pipe'],
      env: {
        ...process.env,
        // Started by the hundred: half of their processor time was reading the same sources.
        NODE_COMPILE_CACHE: join(packageRoot(), 'node_modules/.cache/waybill-workers'),
        ...(arming && { WAYBILL_FAILPOINT: JSON.stringify(arming) }),
      },
    },
  );
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const reached = untilReached(child);
  reached.catch(() => undefined);
  await Promise.race([once(child.stdout!, 'data'), failed(child)]);
  return {
    exited,
    pid: child.pid!,
    reached,
    async kill() {
      await end(child, 'SIGKILL');
    },
    drain: () => end(child, 'SIGTERM'),
    signal: (signal) => void child.kill(signal),
  };
}

async function untilReached(child: ChildProcess): Promise<void> {
  const witness = child.stdio[3] as Readable;
  for await (const _ of witness) return;
  throw new Error('the worker process ended and had not reached its failpoint');
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
