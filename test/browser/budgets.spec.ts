import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeInBrowser } from './support/chromium.ts';
import { addEarlierHours } from './support/history.ts';
import { medianOf, report, watchFirstFrame } from './support/measure.ts';
import { type Night, playNight } from './support/night.ts';
import { type Person, Stage } from './support/stage.ts';

/** What the pages may cost. Every figure is printed, also when it is within its budget. */

const JAVASCRIPT_KIB = 300;
const FIRST_PAINT_MS = 1_000;
const LOADS = 5;

let stage: Stage;
let night: Night;
let operator: Person;

describeInBrowser('the budget of', () => {
  beforeAll(async () => {
    stage = await Stage.open();
    night = await playNight(stage.installation);
    await addEarlierHours(stage.installation);
    operator = await stage.person('operator');
  });
  afterEach(({ task }) => stage.leavePages(task));
  afterAll(async () => {
    await night?.close();
    await stage?.close();
  });

  test(`JavaScript that the first page loads: ${JAVASCRIPT_KIB} KiB`, async () => {
    const page = await stage.page(operator, { path: '/sign-in' });
    const loaded = new Map<string, number>();
    page.on('response', async (response) => {
      if (!/javascript/.test(response.headers()['content-type'] ?? '')) return;
      expect(response.headers()['content-encoding']).toBe('gzip');
      loaded.set(response.url(), Number(response.headers()['content-length']));
    });
    await page.goto('/');
    await page.watch.settled();
    const bytes = [...loaded.values()].reduce((sum, size) => sum + size, 0);
    report(
      `JavaScript of the first page <= ${JAVASCRIPT_KIB} KiB`,
      `${(bytes / 1024).toFixed(1)} KiB in ${loaded.size} files`,
    );
    expect(loaded.size).toBeGreaterThan(1);
    expect(bytes).toBeLessThanOrEqual(JAVASCRIPT_KIB * 1024);
  });

  test(`the first useful frame of Tonight: ${FIRST_PAINT_MS} ms`, async () => {
    const times: number[] = [];
    for (let load = 0; load < LOADS; load++) {
      // A window of its own each time: nothing is in its cache.
      const page = await stage.page(operator, { path: 'about:blank' });
      const seen = await watchFirstFrame(page, TONIGHT_SHOWS);
      await page.goto('/');
      times.push(await seen());
    }
    const median = medianOf(times);
    report(
      `first useful frame of Tonight <= ${FIRST_PAINT_MS} ms`,
      `${median.toFixed(0)} ms (${times.map((time) => time.toFixed(0)).join(', ')})`,
    );
    expect(median).toBeLessThanOrEqual(FIRST_PAINT_MS);
  });
});

/** Not the frame around it and not its skeleton: something of this night. */
const TONIGHT_SHOWS = 'main h1';
