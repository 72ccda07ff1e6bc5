import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { doorbellOf } from '#audit';
import { forge, tellRedis } from '#queue/testing';
import { aLocalEndpoint, aRoute } from '../support/builders.ts';
import { type Product, startProduct } from '../support/product.ts';
import { startWatchedRedis, type WatchedRedis } from './support/watched-redis.ts';

const ACTOR = { kind: 'user', name: 'test' } as const;
const PASSED_MS = 30_000;

let product: Product;
let redis: WatchedRedis | undefined;
const lines: string[] = [];
beforeEach(async () => {
  lines.length = 0;
  redis = await startWatchedRedis();
  product = await startProduct({
    ...(redis && { queueBackend: { kind: 'redis', url: redis.url } }),
    sweepMs: 300,
    onLogLine: (line) => lines.push(line),
  });
  for (const folder of ['from', 'to']) await mkdir(join(product.home, folder));
  await writeFile(join(product.home, 'from/a.csv'), 'content');
  await product.apply(
    [aLocalEndpoint('from', join(product.home, 'from')), aLocalEndpoint('to', join(product.home, 'to'))],
    [aRoute('move', { endpoint: 'from', path: '/' }, { endpoint: 'to', path: '/' })],
  );
}, 60_000);
afterEach(async () => {
  await product?.close();
  await redis?.stop();
});

const ask = async () =>
  (await product.recorder.createRun({ routeName: 'move', trigger: 'operator', requestedBy: ACTOR })).run;

/** What a doorbell could have changed. */
async function history() {
  const { db } = product.store;
  return Promise.all([
    db.run.findMany({ orderBy: { id: 'asc' } }),
    db.transfer.findMany({ orderBy: { id: 'asc' } }),
    db.attempt.count(),
    db.auditEvent.count(),
  ]);
}

describe('what somebody with access to the queue puts there (row 64)', () => {
  it('runs nothing, names nothing, and holds nothing up', async () => {
    const done = await product.run('move');
    expect(done.state).toBe('delivered');
    const before = await history();
    const { queue } = product;
    const backend = redis
      ? { kind: 'redis' as const, url: redis.url }
      : { kind: 'postgres' as const, connectionString: product.database.appUrl };
    // Of nobody, of what is over, in lanes that it never had; then what is no doorbell at all.
    await queue.ring({ runId: randomUUID(), lane: 0 });
    await queue.ring({ runId: done.id, lane: 0 });
    await queue.ring({ runId: done.id, lane: 3 });
    const evil = { host: 'evil.example', path: '/etc/passwd', route: 'move', command: 'id' };
    for (const payload of [
      { runId: done.id, lane: 99_999 },
      { runId: '; DROP TABLE run', lane: 0 },
      { ...evil, runId: done.id, lane: 0 },
      evil,
      null,
      'text',
      [done.id],
      { runId: { not: '' }, lane: 0 },
      JSON.parse(`{"__proto__": {"runId": "${done.id}"}, "lane": 0}`) as unknown,
    ])
      await forge(backend, 'waybill-doorbells', payload);
    // Behind them: whoever is rung now is heard, so those before have been.
    const next = await ask();
    await queue.ring(doorbellOf(next));
    await product.finished(next.id);
    const after = await history();
    expect(after[0].filter(({ id }) => id !== next.id)).toEqual(before[0]);
    expect(after[1].filter(({ runId }) => runId !== next.id)).toEqual(before[1]);
    const strange = await product.store.db.auditEvent.count({
      where: { runId: { notIn: [done.id, next.id] } },
    });
    expect(strange).toBe(0);
    expect(lines.join('')).not.toContain('evil.example');
  });
});

describe('a Redis that is there and refuses (row 65)', () => {
  const MOODS: [string, (url: string) => Promise<void>, (url: string) => Promise<void>][] = [
    [
      'is full',
      (url) => tellRedis(url, 'CONFIG', 'SET', 'maxmemory', '1'),
      (url) => tellRedis(url, 'CONFIG', 'SET', 'maxmemory', '0'),
    ],
    [
      'is a replica of one that is away',
      (url) => tellRedis(url, 'REPLICAOF', '127.0.0.1', '1'),
      (url) => tellRedis(url, 'REPLICAOF', 'NO', 'ONE'),
    ],
    [
      'takes no command from us',
      (url) => tellRedis(url, 'CLIENT', 'PAUSE', '2000', 'ALL'),
      async () => undefined,
    ],
    ['loses everything that it was told', async () => undefined, (url) => tellRedis(url, 'FLUSHALL')],
  ];

  it.for(MOODS)(
    'and %s: a run is taken all the same, and done when it is back',
    { timeout: 60_000 },
    async ([, sulk, relent], { skip }) => {
      if (!redis) return skip('there is no Redis on this machine');
      await sulk(redis.url);
      const asked = performance.now();
      const run = await ask();
      // The ledger has it; that the bell cannot be rung is no reason to refuse.
      expect(performance.now() - asked).toBeLessThan(2_000);
      await Promise.race([
        product.queue.ring(doorbellOf(run)).catch(() => undefined),
        new Promise((resolve) => setTimeout(resolve, 1_000)),
      ]);
      expect(await product.store.db.run.count({ where: { id: run.id } })).toBe(1);
      await relent(redis.url);
      expect(await product.finished(run.id, PASSED_MS)).toMatchObject({ state: 'delivered' });
    },
  );
});
