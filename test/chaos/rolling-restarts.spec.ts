import { availableParallelism, loadavg } from 'node:os';
import { afterEach, expect, it } from 'vitest';
import { describeWithDocker } from '../servers/support/index.ts';
import { Chance, scaled } from './support/extent.ts';
import { Site } from './support/site.ts';

const KIB = 1024;
const WORKERS = 3;
const ROUTES = 8;
const FILES = scaled(2_000) / ROUTES;
/** D15: how long after SIGTERM a worker may still begin something. */
const CLAIMS_STOP_WITHIN_MS = 1_000;
/** Replacements, spread evenly over the work. */
const TURNS = 30;

describeWithDocker('D15: workers are restarted in turn under load', () => {
  let site: Site;
  afterEach(() => site?.close());

  it(`${FILES * ROUTES} files: nothing twice, nothing lost, no attempt left open, no claim after the drain began`, async () => {
    site = await Site.open({ workers: WORKERS, sweepMs: 2_000 });
    for (let index = 0; index < ROUTES; index++)
      await site.addRoute({
        name: `route-${index}`,
        direction: index % 2 === 0 ? 'pull' : 'push',
        files: FILES,
        sizeBytes: (file) => (file % 50 === 0 ? 1_024 * KIB : 2 * KIB + file),
        disposition: index % 3 === 0 ? 'delete' : 'keep',
      });
    await site.apply();
    for (const route of site.routes) await site.trigger(route.name);
    await site.view.deliveredAtLeast(1, 60_000);
    const chance = new Chance();
    const drains: {
      name: string;
      at: Date;
      tookMs: number;
      end: number | NodeJS.Signals;
      lateMs: number;
    }[] = [];
    let kills = 0;
    for (let turn = 0; turn < TURNS; turn++) {
      await site.view.deliveredAtLeast(Math.floor((site.total * 0.95 * turn) / TURNS), 120_000);
      const how = chance.between(1, 4) === 1 ? 'kill' : 'drain';
      const at = new Date();
      // Where several processes wait for each processor, everything takes that much longer.
      const crowd = Math.max(1, loadavg()[0]! / availableParallelism());
      const { name, end, tookMs } = await site.crew.replace(turn % WORKERS, how);
      if (how === 'kill') kills++;
      else drains.push({ name, at, tookMs, end, lateMs: CLAIMS_STOP_WITHIN_MS * crowd });
    }
    await site.view.allFinished(site.runIds, 180_000);
    const longest = Math.max(...drains.map(({ tookMs }) => tookMs));
    console.log(`${drains.length} drains, the longest ${Math.round(longest)} ms; ${kills} kills`);
    expect(drains.length).toBeGreaterThan(2);
    expect(drains.filter(({ end }) => end !== 0)).toEqual([]);
    expect(longest).toBeLessThan(15_000);
    for (const { name, at, lateMs } of drains) {
      const late = await site.view.rows(
        `SELECT actor_name, at, transfer_id FROM audit_event
          WHERE action = 'transfer.claimed' AND actor_name = $1 AND at > $2::timestamptz + $3 * interval '1 ms'`,
        [name, at, lateMs],
      );
      expect(late).toEqual([]);
    }
    expect(site.crew.deaths).toEqual([]);
    await site.expectGoodEnd();
  });
});
