import { createSessionOpener, startWorker } from '#apps/worker';
import { RunRecorder } from '#audit';
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
}

const order = JSON.parse(process.argv[2] ?? '') as WorkerProcessOrder;
const log = createLogger({ level: 'debug', format: 'line' });
const store = await openStore({ url: order.databaseUrl });
const queue = await openQueue(order.queueBackend);
const worker = startWorker({
  name: order.name,
  recorder: new RunRecorder(store),
  queue,
  openSession: createSessionOpener({
    environment: (name) => order.secrets[name],
    named: async () => undefined,
  }),
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
process.stdout.write('ready\n');
