import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { aLocalEndpoint, anFtpsEndpoint, aRoute } from '../support/builders.ts';
import { plantFileSet, sha256Of } from '../support/file-set.ts';
import { orderOfSweptRuns } from '../support/priority-practice.ts';
import { type Product, type ProductOptions, startProduct } from '../support/product.ts';
import { describeWithDocker, startFtpServer, startRedis } from './support/index.ts';

const FILES = 200;
const LARGE_BYTES = 300 * 1024 * 1024;

describeWithDocker('the same run on both queues', () => {
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  it.each(['postgres', 'redis'] as const)(
    '%s: with two workers each file is transferred once',
    async (queue) => {
      const server = await startFtpServer({ kind: 'vsftpd', mode: 'explicit', tls: '1.3' });
      stops.push(() => server.stop());
      const options: ProductOptions = {
        workers: 2,
        workerLanes: 2,
        secrets: { PARTNER_PASSWORD: server.password },
      };
      if (queue === 'redis') {
        const redis = await startRedis();
        stops.push(() => redis.stop());
        options.queueBackend = { kind: 'redis', url: redis.url };
      }
      const product: Product = await startProduct(options);
      stops.push(() => product.close());
      const inbox = join(product.home, 'inbox');
      await mkdir(inbox);
      await product.apply(
        [
          anFtpsEndpoint({
            name: 'partner',
            host: server.host,
            port: server.port,
            mode: 'explicit',
            username: server.username,
            tls: { ca: [server.caPem] },
          }),
          aLocalEndpoint('local', product.home),
        ],
        [
          aRoute(
            'pull',
            { endpoint: 'partner', path: '/out' },
            { endpoint: 'local', path: '/inbox' },
            { lanes: 4 },
          ),
        ],
      );
      const planted = await server.plant('/out', (directory) => plantFileSet(directory, FILES, LARGE_BYTES));

      const run = await product.run('pull', 240_000);
      expect(run.state).toBe('delivered');
      expect(run.transfers.map((transfer) => [transfer.state, transfer.attemptCount])).toEqual(
        planted.map(() => ['delivered', 1]),
      );
      const found = await Promise.all(
        (await readdir(inbox)).map(async (name) => [name, await sha256Of(join(inbox, name))] as const),
      );
      expect(new Map(found)).toEqual(new Map(planted.map((file) => [file.name, file.sha256])));
      const attempts = await product.store.db.attempt.findMany({ where: { transfer: { runId: run.id } } });
      expect(new Set(attempts.map((attempt) => attempt.worker)).size).toBe(2);
    },
  );

  it('redis: a free lane takes the most urgent of the runs that the sweep has rung', async () => {
    const redis = await startRedis();
    stops.push(() => redis.stop());
    const queueBackend = { kind: 'redis', url: redis.url } as const;
    const product = await startProduct({ queueBackend, workers: 0, schedulers: 0, sweepMs: 200 });
    stops.push(() => product.close());
    expect(await orderOfSweptRuns(product)).toEqual([1, 3, 5, 7, 9]);
  });
});
