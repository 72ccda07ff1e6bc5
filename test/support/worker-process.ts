import { flushCompileCache } from 'node:module';
import { createSessionOpener, LocalRoots, type SessionOpener, startWorker } from '#apps/worker';
import { RunRecorder } from '#audit';
import { packageRoot } from '#config';
import { egressOfTests } from '#egress/testing';
import { openQueue, type QueueBackend } from '#queue';
import { openStore } from '#store';
import { createLogger } from '#telemetry';

/** A worker in a process of its own, so that it can be killed. Told everything by one JSON argument. */
export interface WorkerProcessOrder {
  name: string;
  databaseUrl: string;
  queueBackend: QueueBackend;
  leaseMs: number;
  gracePeriodMs: number;
  secrets: Record<string, string>;
  /** How long the doorbells of a dead worker stay silent; default: the queue's own. */
  queueLockMs?: number;
  /** Reading a file of this name ends the process a moment later, as running out of memory would. */
  poison?: string;
}

/** Long enough for the other lanes to be at work on something. */
const POISON_WORKS_AFTER_MS = 500;

const order = JSON.parse(process.argv[2] ?? '') as WorkerProcessOrder;
const log = createLogger({ level: 'debug', format: 'line' });
const store = await openStore({ url: order.databaseUrl });
const queue = await openQueue(order.queueBackend, undefined, {
  ...(order.queueLockMs !== undefined && { lockMs: order.queueLockMs }),
});
const worker = startWorker({
  name: order.name,
  recorder: new RunRecorder(store),
  queue,
  openSession: poisoned(
    createSessionOpener(
      { environment: (name) => order.secrets[name], named: async () => undefined },
      {
        allowedLegacyPolicies: [],
        egress: egressOfTests(),
        roots: new LocalRoots({ own: [packageRoot()] }),
      },
    ),
  ),
  log,
  lanes: 8,
  leaseMs: order.leaseMs,
  gracePeriodMs: order.gracePeriodMs,
});
process.once('SIGTERM', async () => {
  await worker.close();
  await queue.close();
  await store.close();
});
// Now, because most of these processes do not live to do it at their end.
flushCompileCache();
process.stdout.write('ready\n');

function poisoned(usual: SessionOpener): SessionOpener {
  const { poison } = order;
  if (poison === undefined) return usual;
  return async (...asked) => {
    const session = await usual(...asked);
    const read = session.read.bind(session);
    session.read = (path, ...rest) => {
      if (!path.endsWith(`/${poison}`)) return read(path, ...rest);
      return new Promise(() => setTimeout(() => process.kill(process.pid, 'SIGKILL'), POISON_WORKS_AFTER_MS));
    };
    return session;
  };
}
