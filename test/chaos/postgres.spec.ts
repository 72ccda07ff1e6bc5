import { afterEach, expect, it } from 'vitest';
import { migrate } from '#store';
import {
  describeWithDocker,
  type StoppablePostgres,
  startStoppablePostgres,
} from '../servers/support/index.ts';
import { Chance, scaled } from './support/extent.ts';
import { Site } from './support/site.ts';

const KIB = 1024;
const ROUTES = 6;
const FILES = scaled(70);
const MOMENTS = scaled(6);

describeWithDocker('D5: Postgres stops at once, and comes back', () => {
  let postgres: StoppablePostgres;
  let site: Site;
  afterEach(() => site?.close());

  it(`${MOMENTS} times: no rename and no deletion without a committed intent, nothing that was acknowledged is lost`, async () => {
    postgres = await startStoppablePostgres();
    await migrate(postgres.ownerUrl);
    site = await Site.open({ database: postgres, workers: 2, sweepMs: 2_000 });
    for (let index = 0; index < ROUTES; index++)
      await site.addRoute({
        name: `route-${index}`,
        direction: index % 2 === 0 ? 'pull' : 'push',
        files: FILES,
        sizeBytes: (file) => (file % 10 === 0 ? 2_048 * KIB : 4 * KIB + file),
        disposition: (['delete', 'keep', { archive: `/sent-${index}` }] as const)[index % 3]!,
      });
    await site.apply();
    const chance = new Chance();
    const acknowledged = new Set<string>();
    for (const route of site.routes) await site.trigger(route.name);
    for (const moment of chance.moments(MOMENTS, site.total)) {
      await site.view.deliveredAtLeast(moment, 120_000);
      for (const { id } of await site.view.rows<{ id: string }>(
        `SELECT id FROM transfer WHERE state = 'delivered'`,
      ))
        acknowledged.add(id);
      await postgres.stopImmediately();
      // Long enough for leases to run out, or not.
      await new Promise((resolve) => setTimeout(resolve, chance.between(0, 6_000)));
      await postgres.startAgain();
    }
    await site.view.allFinished(site.runIds, 240_000);
    console.log(
      `acknowledged before a stop: ${acknowledged.size}; deaths: ${site.crew.deaths.join('; ') || 'none'}`,
    );
    const still = await site.view.count(
      `SELECT count(*) FROM transfer WHERE state = 'delivered' AND id::text = ANY($1)`,
      [[...acknowledged]],
    );
    expect(still).toBe(acknowledged.size);
    expect(site.crew.deaths).toEqual([]);
    await site.expectGoodEnd();
  });
});
