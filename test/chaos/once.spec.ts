import { afterEach, expect, it } from 'vitest';
import { describeWithDocker } from '../servers/support/index.ts';
import { Site } from './support/site.ts';

/** As many as the promise says, all at the same time. */
const ASKED = { enqueued: 100, listedAgain: 20, triggered: 10 };
const RUNS = ASKED.enqueued + ASKED.listedAgain + ASKED.triggered;

describeWithDocker('D13: one file version, asked for again and again', () => {
  let site: Site;
  afterEach(() => site?.close());

  it.each(['pull', 'push'] as const)(
    `%s: ${RUNS} runs list it at once, their doorbells ring three times each: one delivery, the others are recorded as suppressed`,
    async (direction) => {
      site = await Site.open({ workers: 2, sweepMs: 1_000 });
      const route = await site.addRoute({
        name: 'often',
        direction,
        files: 1,
        sizeBytes: () => 3_000_000,
      });
      await site.apply();
      await Promise.all(Array.from({ length: RUNS }, () => site.trigger(route.name)));
      await Promise.all(
        [...site.runIds, ...site.runIds].map((runId, index) =>
          site.product.queue.ring({ runId, lane: index % 2, priority: 5 }),
        ),
      );
      await site.view.allFinished(site.runIds, 180_000);
      const rows = await site.view.rows<{ state: string; count: string; runs: string }>(
        `SELECT state, count(*), count(DISTINCT run_id) AS runs FROM transfer GROUP BY state ORDER BY state`,
      );
      expect(rows).toEqual([
        { state: 'delivered', count: '1', runs: '1' },
        { state: 'suppressed', count: String(RUNS - 1), runs: String(RUNS - 1) },
      ]);
      expect(site.crew.deaths).toEqual([]);
      await site.expectGoodEnd();
    },
  );
});
