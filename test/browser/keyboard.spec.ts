import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeInBrowser } from './support/chromium.ts';
import { type Night, playNight } from './support/night.ts';
import { NEVER_EXAMINED, type Person, Stage } from './support/stage.ts';

/** Nothing needs a mouse. */

const MOST_STOPS = 60;

let stage: Stage;
let night: Night;
let operator: Person;

describeInBrowser('by keyboard alone', () => {
  beforeAll(async () => {
    stage = await Stage.open();
    night = await playNight(stage.installation);
    operator = await stage.person('operator');
  });
  afterEach(({ task }) => stage.leavePages(task));
  afterAll(async () => {
    await night?.close();
    await stage?.close();
  });

  test('the first stop skips what stands around the page', async () => {
    const page = await stage.page(operator, { path: '/transfers' });
    await page.keyboard.press('Tab');
    expect(await focusedText(page)).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
  });

  test('from Tonight to a file of a run', async () => {
    const page = await stage.page(operator);
    await tabTo(page, /^Transfers$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Transfers' }).waitFor();
    await page.getByRole('grid').getByRole('row').nth(2).waitFor();
    await tabTo(page, /statement|order|payment|\.csv|\.json|\.xml/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/transfers\/[0-9a-f-]{36}$/);
  });

  test('every stop on the way can be seen', async () => {
    for (const path of ['/', '/transfers', `/transfers/${night.heldTransfer}`, '/endpoints/acme-ftps']) {
      const page = await stage.page(operator, { path });
      page.watch.expect(NEVER_EXAMINED);
      const unseen: string[] = [];
      for (let stop = 0; stop < MOST_STOPS; stop++) {
        await page.keyboard.press('Tab');
        const { text, seen, end } = await lookAtFocus(page);
        if (end) break;
        if (!seen) unseen.push(text);
      }
      expect(unseen, path).toEqual([]);
    }
  });

  test('a dialog keeps the focus while it is open, and gives it back where it came from', async () => {
    const page = await stage.page(operator, { path: '/endpoints/acme-ftps' });
    page.watch.expect(NEVER_EXAMINED);
    await tabTo(page, /^Pause/);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await expect.poll(() => dialog.evaluate((it) => it.contains(document.activeElement))).toBe(true);
    for (let stop = 0; stop < 12; stop++) {
      await page.keyboard.press('Tab');
      const outside = await page.evaluate(() => {
        const focused = document.activeElement;
        return document.querySelector('#root')?.contains(focused)
          ? (focused?.outerHTML.slice(0, 100) ?? '')
          : '';
      });
      expect(outside).toBe('');
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await expect.poll(() => focusedText(page)).toMatch(/^Pause/);
  });

  test.each([
    ['the title of a page', 'endpo', 'Endpoints', '/endpoints'],
    ['the name of a route', 'acme-state', 'acme-statements', '/routes/acme-statements'],
    ['the name of an endpoint', 'cargo-f', 'cargo-ftps', '/endpoints/cargo-ftps'],
  ])('the command palette leads to %s', async (_, typed, title, address) => {
    const page = await stage.page(operator);
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog');
    await palette.waitFor();
    await page.keyboard.type(typed);
    await palette.getByText(title).first().waitFor();
    await page.watch.settled();
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).pathname).toBe(address);
    await palette.waitFor({ state: 'hidden' });
  });
});

/** As a screen reader would begin to say it. */
function focusedText(page: Page): Promise<string> {
  return page.evaluate(() => {
    const focused = document.activeElement;
    return (focused?.getAttribute('aria-label') ?? focused?.textContent ?? '').trim();
  });
}

async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    await page.keyboard.press('Tab');
    const text = await focusedText(page);
    if (name.test(text)) return;
    passed.push(text.slice(0, 40));
  }
  throw new Error(`No stop is called ${name}: ${passed.join(' | ')}`);
}

/** Where the focus is, and whether anything shows it: its own outline or shadow, or that of what stands around it. */
function lookAtFocus(page: Page): Promise<{ text: string; seen: boolean; end: boolean }> {
  return page.evaluate(() => {
    const focused = document.activeElement;
    if (!focused || focused === document.body) return { text: '', seen: true, end: true };
    const shows = (element: Element | null) => {
      if (!element) return false;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
    };
    const { width, height } = focused.getBoundingClientRect();
    const label = focused.getAttribute('aria-label') ?? focused.textContent ?? '';
    return {
      text: `${focused.tagName.toLowerCase()} ${label.slice(0, 60)}`,
      seen:
        width > 0 &&
        height > 0 &&
        (shows(focused) || shows(focused.parentElement) || shows(focused.closest('label'))),
      end: false,
    };
  });
}
