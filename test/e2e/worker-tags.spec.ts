import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { EVERYTHING, findLook, requestLook } from '#store';
import { aLocalEndpoint, aRoute } from '../support/builders.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
afterEach(() => product.close());

/** A route of its own folder for each of the tags; `free` demands none. */
async function routesFor(tags: readonly (string | undefined)[]): Promise<void> {
  for (const tag of tags)
    for (const folder of ['out', 'in'])
      await mkdir(join(product.home, tag ?? 'free', folder), { recursive: true });
  await product.apply(
    [aLocalEndpoint('here', product.home)],
    tags.map((tag) => {
      const name = tag ?? 'free';
      return aRoute(
        name,
        { endpoint: 'here', path: `/${name}/out` },
        { endpoint: 'here', path: `/${name}/in` },
        { workerTag: tag, lanes: 2 },
      );
    }),
  );
  for (const tag of tags)
    for (const file of ['a', 'b', 'c']) await writeFile(join(product.home, tag ?? 'free', 'out', file), file);
}

async function workersOf(runId: string): Promise<string[]> {
  const attempts = await product.store.db.attempt.findMany({ where: { transfer: { runId } } });
  return [...new Set(attempts.map((attempt) => attempt.worker))];
}

it('a run goes to a worker with the tag of its route, whoever rings; one without any to all', async () => {
  product = await startProduct({ workers: 0, sweepMs: 200 });
  await routesFor(['dmz', 'mainframe', undefined]);
  product.addWorker({ name: 'plain' });
  product.addWorker({ name: 'in-the-dmz', tags: ['dmz'] });
  product.addWorker({ name: 'at-the-mainframe', tags: ['mainframe', 'other'] });
  const [dmz, mainframe, free] = await Promise.all(
    ['dmz', 'mainframe', 'free'].map((route) => product.run(route)),
  );
  expect([dmz!.state, mainframe!.state, free!.state]).toEqual(['delivered', 'delivered', 'delivered']);
  expect(await workersOf(dmz!.id)).toEqual(['in-the-dmz']);
  expect(await workersOf(mainframe!.id)).toEqual(['at-the-mainframe']);
});

it('a doorbell in the wrong queue is rung in the right one, by a worker that does not touch the run', async () => {
  product = await startProduct({ workers: 0, schedulers: 0 });
  await routesFor(['dmz']);
  product.addWorker({ name: 'plain' });
  const { run } = await product.recorder.createRun({
    routeName: 'dmz',
    trigger: 'operator',
    requestedBy: { kind: 'user', name: 'test' },
  });
  expect(run.workerTag).toBe('dmz');
  await product.queue.ring({ runId: run.id, lane: 0 });
  await expect.poll(() => product.queue.depth()).toEqual({ waiting: 1, active: 0 });
  expect(await product.store.db.run.findUniqueOrThrow({ where: { id: run.id } })).toMatchObject({
    state: 'queued',
    planAttempts: 0,
  });
  product.addWorker({ name: 'in-the-dmz', tags: ['dmz'] });
  expect((await product.finished(run.id)).state).toBe('delivered');
  expect(await workersOf(run.id)).toEqual(['in-the-dmz']);
});

it('a route that gets a tag while its run waits is taken by a worker that has it', async () => {
  product = await startProduct({ workers: 0, sweepMs: 200 });
  await routesFor([undefined]);
  const running = product.run('free');
  await expect.poll(() => product.queue.depth()).toEqual({ waiting: 1, active: 0 });
  const { definition } = await product.store.db.transferRoute.findFirstOrThrow();
  await product.store.db.transferRoute.updateMany({
    data: { definition: { ...(definition as object), workerTag: 'dmz' } },
  });
  product.addWorker({ name: 'plain' });
  product.addWorker({ name: 'in-the-dmz', tags: ['dmz'] });
  const run = await running;
  expect(run.state).toBe('delivered');
  expect(await workersOf(run.id)).toEqual(['in-the-dmz']);
});

it('a look with a tag waits for the worker that carries it, and another one is not kept waiting by it', async () => {
  product = await startProduct({ workers: 0, schedulers: 0 });
  await product.apply([aLocalEndpoint('inside', product.home), aLocalEndpoint('here', product.home)], []);
  const selection = { path: '/', select: ['*'], exclude: [], recursive: false, settleMs: 0 };
  const ask = (endpoint: string, workerTag?: string) =>
    product.store.transaction((tx) =>
      requestLook(tx, {
        requestedBy: 'test',
        selection: { ...selection, endpoint },
        workerTag,
        isLocal: true,
      }),
    );
  const stateOf = async (id: string) => (await findLook(product.store.db, EVERYTHING, id))?.state;
  const tagged = await ask('inside', 'dmz');
  const plain = await ask('here');
  product.addWorker({ name: 'plain' });
  await expect.poll(() => stateOf(plain.id)).toBe('done');
  expect(await stateOf(tagged.id)).toBe('queued');
  product.addWorker({ name: 'in-the-dmz', tags: ['dmz'] });
  await expect.poll(() => stateOf(tagged.id)).toBe('done');
  const [event] = await product.store.db.auditEvent.findMany({
    where: { action: 'endpoint.looked', objectId: 'inside' },
  });
  expect(event?.actorName).toBe('in-the-dmz');
});
