import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { aLocalEndpoint, aRoute } from './builders.ts';
import type { Product } from './product.ts';

const PRIORITIES = [9, 7, 5, 3, 1];

/**
 * Makes runs of every priority, the least urgent first, of which nobody has heard but the sweep: it has rung for each of
 * them before the next one is made, and for all of them before there is a worker. Returns their priorities in the order in which one lane began them.
 */
export async function orderOfSweptRuns(product: Product): Promise<number[]> {
  await mkdir(join(product.home, 'in'), { recursive: true });
  const names = PRIORITIES.map((priority) => `route-${priority}`);
  for (const name of names) {
    await mkdir(join(product.home, name), { recursive: true });
    await writeFile(join(product.home, name, `${name}.csv`), name);
  }
  await product.apply(
    [aLocalEndpoint('here', product.home)],
    PRIORITIES.map((priority) =>
      aRoute(
        `route-${priority}`,
        { endpoint: 'here', path: `/route-${priority}` },
        { endpoint: 'here', path: '/in' },
        { priority },
      ),
    ),
  );
  product.addScheduler();
  const ids: string[] = [];
  for (const routeName of names) {
    const { run } = await product.recorder.createRun({
      routeName,
      trigger: 'operator',
      requestedBy: { kind: 'user', name: 'test' },
    });
    ids.push(run.id);
    await expect
      .poll(() => product.queue.depth(), { timeout: 10_000 })
      .toEqual({ waiting: ids.length, active: 0 });
  }
  product.addWorker({ lanes: 1 });
  for (const id of ids) expect((await product.finished(id)).state).toBe('delivered');
  const runs = await product.store.db.run.findMany({ orderBy: { startedAt: 'asc' } });
  return runs.map(({ priority }) => priority);
}
