import { openQueue, type QueueBackend } from '../src/index.ts';

/** A worker process that is killed by the first doorbell it hears. Arguments: backend as JSON, queue name, lock ms. */
const [backend, queueName, lockMs] = process.argv.slice(2) as [string, string, string];

const queue = await openQueue(JSON.parse(backend) as QueueBackend, undefined, {
  queueName,
  lockMs: Number(lockMs),
});
queue.listen({
  concurrency: 1,
  handle: async () => {
    process.kill(process.pid, 'SIGKILL');
  },
});
