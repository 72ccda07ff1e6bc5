import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { describeWithDocker } from '../servers/support/index.ts';
import { Site } from './support/site.ts';

const KIB = 1024;
const POISON = '0-poison.csv';
const CRASHES = 3;

describeWithDocker('D16: a file that ends every worker which reads it', () => {
  let site: Site;
  afterEach(() => site?.close());

  it(`is quarantined after ${CRASHES} deaths with an incident; everything else is delivered`, async () => {
    site = await Site.open({
      workers: 2,
      leaseMs: 3_000,
      sweepMs: 1_000,
      order: { poison: POISON, queueLockMs: 6_000 },
    });
    // Its neighbours take long enough to be under way whenever it strikes.
    const sick = await site.addRoute({
      name: 'sick',
      direction: 'push',
      files: 12,
      sizeBytes: () => 16_384 * KIB,
    });
    for (const direction of ['pull', 'push'] as const)
      await site.addRoute({ name: `sound-${direction}`, direction, files: 60, sizeBytes: () => 256 * KIB });
    const folder = join(sick.source.root, sick.source.path);
    await rename(join(folder, sick.files[7]!.name), join(folder, POISON));
    Object.assign(sick.files[7]!, { name: POISON, expect: 'held' });
    await site.apply();
    const began = performance.now();
    for (const route of site.routes) await site.trigger(route.name);
    await site.view.allFinished(site.runIds, 120_000);
    console.log(
      `all at rest after ${Math.round(performance.now() - began)} ms; ${site.crew.deaths.join('; ')}`,
    );

    expect(site.crew.deaths.length).toBe(CRASHES);
    const held = await site.view.rows(
      `SELECT source_path, error_code, attempt_count FROM transfer WHERE state <> 'delivered'`,
    );
    expect(held).toEqual([
      { source_path: `/sick/${POISON}`, error_code: 'worker_lost', attempt_count: CRASHES },
    ]);
    const incidents = await site.view.rows(`SELECT kind, state, route FROM incident ORDER BY kind`);
    expect(incidents).toMatchObject([{ kind: 'transfer_quarantined', state: 'open' }]);
    await site.expectGoodEnd();
  });
});
