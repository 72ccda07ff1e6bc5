import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, expect, it } from 'vitest';
import { aLocalEndpoint, aRoute } from '../support/builders.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
afterEach(() => product?.close());

it('a queue that forgets a doorbell under way costs nothing: its file is delivered, the sweep rings for the others', async () => {
  const reading = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<void>();
  product = await startProduct({
    queueLockMs: 600,
    sweepMs: 300,
    onLogLine: (line) => {
      if (line.includes('rings elsewhere')) lost.resolve();
    },
    sessions: (usual) => async (endpoint, observer, signal) => {
      const session = await usual(endpoint, observer, signal);
      const read = session.read.bind(session);
      session.read = async (...asked) => {
        reading.resolve();
        // A file that takes longer than the queue remembers.
        await lost.promise;
        return read(...asked);
      };
      return session;
    },
  });
  await mkdir(join(product.home, 'outbox'));
  await mkdir(join(product.home, 'inbox'));
  for (const name of ['a.csv', 'b.csv', 'c.csv']) await writeFile(join(product.home, 'outbox', name), name);
  await product.apply(
    [aLocalEndpoint('local', product.home)],
    [
      aRoute(
        'copy',
        { endpoint: 'local', path: '/outbox' },
        { endpoint: 'local', path: '/inbox' },
        { lanes: 1, retry: { maxAttempts: 1, firstDelayMs: 100, factor: 1, maxDelayMs: 100, jitter: 0 } },
      ),
    ],
  );
  const running = product.run('copy');
  await reading.promise;
  const client = new pg.Client({ connectionString: product.database.superuserUrl });
  await client.connect();
  await client.query('TRUNCATE bullmq.job, bullmq.dedup, bullmq.dedup_next CASCADE');
  await client.end();
  const finished = await running;
  expect(finished.state).toBe('delivered');
  expect(finished.transfers.map(({ state, attemptCount }) => [state, attemptCount])).toEqual([
    ['delivered', 1],
    ['delivered', 1],
    ['delivered', 1],
  ]);
});
