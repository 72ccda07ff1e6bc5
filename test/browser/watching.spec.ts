import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { overhangOf, violationsOf } from './support/accessibility.ts';
import { describeInBrowser } from './support/chromium.ts';
import { NARROW, NOBODY, Stage, type WatchedPage } from './support/stage.ts';

/** What every other spec relies on: that a sick page is noticed. */

let stage: Stage;
let page: WatchedPage;

describeInBrowser('a page is watched', () => {
  beforeAll(async () => {
    stage = await Stage.open();
    page = await stage.page(undefined, { size: NARROW });
    page.watch.expect(NOBODY);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });
  afterAll(() => stage?.close());
  afterEach(() => expect(page.watch.problems()).toEqual([]));

  /** Whatever the page says of it is a problem until it is expected. */
  async function saidOf(pattern: RegExp, ill: () => unknown): Promise<string[]> {
    expect(page.watch.problems()).toEqual([]);
    await page.evaluate(ill);
    await expect.poll(() => page.watch.problems()).not.toEqual([]);
    const said = page.watch.problems();
    page.watch.expect(pattern);
    return said;
  }

  test('an error in its console, and one that nobody caught', async () => {
    await saidOf(/ill at ease/, () => console.error('ill at ease'));
    await saidOf(/nobody caught/, () => void Promise.reject(new Error('nobody caught this')));
  });

  test('an answer that is a refusal', async () => {
    await saidOf(/404.*\/nowhere/, () => fetch('/api/v1/nowhere'));
  });

  test('a style within the page, a picture from elsewhere and text that becomes a script: the policy refuses them', async () => {
    const styled = await saidOf(/style-src/, () => document.body.setAttribute('style', 'color: red'));
    expect(styled.join()).toMatch(/style-src/);
    const loaded = await saidOf(/img-src|evil/, () => {
      const picture = document.createElement('img');
      picture.src = 'http://evil.invalid/x.png';
      picture.alt = '';
      document.body.append(picture);
    });
    expect(loaded.join()).toMatch(/img-src/);
    const trusted = await page.evaluate(() => {
      try {
        document.createElement('p').innerHTML = '<b>text</b>';
        return 'taken';
      } catch (error) {
        return (error as Error).name;
      }
    });
    page.watch.expect(/trusted/i);
    expect(trusted).toBe('TypeError');
  });

  test('text that hardly differs from its ground, and a field without a name', async () => {
    expect(await violationsOf(page)).toEqual([]);
    await page.evaluate(() => {
      const text = document.createElement('p');
      text.textContent = 'hardly to be read';
      text.style.color = 'rgb(250 250 250)';
      text.style.backgroundColor = 'rgb(255 255 255)';
      document.querySelector('main')?.append(text, document.createElement('input'));
    });
    const found = (await violationsOf(page)).join('\n');
    expect(found).toContain('color-contrast');
    expect(found).toContain('label');
  });

  test('what is wider than a phone', async () => {
    expect(await overhangOf(page)).toBe(0);
    await page.evaluate(() => {
      const wide = document.createElement('div');
      wide.style.width = '500px';
      wide.textContent = 'wide';
      document.body.append(wide);
    });
    expect(await overhangOf(page)).toBeGreaterThan(100);
  });
});
