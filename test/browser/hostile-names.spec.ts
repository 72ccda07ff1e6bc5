import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { overhangOf } from './support/accessibility.ts';
import { describeInBrowser } from './support/chromium.ts';
import { renameTransfers } from './support/history.ts';
import { HOSTILE_NAMES, type Night, playNight } from './support/night.ts';
import { NARROW, type Person, Stage, WIDE } from './support/stage.ts';

/** What partners call their files is shown as text, on every page that shows it, and nobody is deceived by it. */

let stage: Stage;
let night: Night;
let operator: Person;
const shown: { id: string; name: string }[] = [];

/** Our own adapters refuse to move these; they may stand on record all the same. */
const UNSEEN: readonly { name: string; visibly: string }[] = [
  { name: 'invoice-\u202efdp.exe', visibly: 'invoice-\\u{202e}fdp.exe' },
  { name: 'zero\u200bwidth\u2066isolate.csv', visibly: 'zero\\u{200b}width\\u{2066}isolate.csv' },
  { name: 'bell\u0007and\u001b[31mescape.csv', visibly: 'bell\\u{7}and\\u{1b}[31mescape.csv' },
];

describeInBrowser('names of strangers', () => {
  beforeAll(async () => {
    stage = await Stage.open();
    const { installation } = stage;
    night = await playNight(installation);
    operator = await stage.person('operator');
    const { items } = await installation.ask<{ items: { id: string; sourcePath: string }[] }>(
      'GET',
      `/transfers?runId=${night.runs.hostile}`,
    );
    expect(items.length).toBe(HOSTILE_NAMES.length);
    shown.push(
      ...items.map(({ id, sourcePath }) => ({ id, name: sourcePath.slice('/out/hostile/'.length) })),
    );
    const statements = await installation.ask<{ items: { id: string }[] }>(
      'GET',
      `/transfers?runId=${night.runs.delivered}`,
    );
    const ids = statements.items.map(({ id }) => id);
    await renameTransfers(
      installation,
      ids,
      UNSEEN.map(({ name }) => `/out/${name}`),
    );
    shown.push(...UNSEEN.map(({ visibly }, index) => ({ id: ids[index]!, name: visibly })));
  });
  afterEach(({ task }) => stage.leavePages(task));
  afterAll(async () => {
    await night?.close();
    await stage?.close();
  });

  test.each([
    ['the list of transfers', () => '/transfers'],
    ['the run', () => `/runs/${night.runs.hostile}`],
    ['the run, of names that nobody would see', () => `/runs/${night.runs.delivered}`],
  ])('%s', async (_, address) => {
    for (const size of [WIDE, NARROW]) {
      const page = await stage.page(operator, { path: address(), size });
      const text = (await page.locator('main').textContent()) ?? '';
      expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b\u0007\u001b]/);
      expect(await page.locator('main :is(img, svg[onload], script, iframe)').count()).toBe(0);
      expect(await page.title()).toMatch(/Waybill$/);
      expect(await overhangOf(page)).toBe(0);
    }
  });

  test('each has its page, on which its whole name can be read', async () => {
    for (const { id, name } of shown) {
      const page = await stage.page(operator, { path: `/transfers/${id}`, size: NARROW });
      const text = (await page.locator('main').textContent()) ?? '';
      expect(text.toLowerCase(), name).toContain(name.toLowerCase());
      expect(await overhangOf(page)).toBe(0);
      expect(await page.title()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    }
  });

  test('each is found by what can be read of it', async () => {
    const page = await stage.page(operator, { path: '/transfers?name=*onerror*' });
    await page.getByText('onerror').first().waitFor();
  });
});
