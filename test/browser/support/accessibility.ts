import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults, ElementContext, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const OPTIONS: RunOptions = {
  runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] },
  rules: { 'target-size': { enabled: true } },
  resultTypes: ['violations'],
};

let source: Promise<string> | undefined;

/** What axe-core says against the page as it stands, by WCAG 2.2 AA: a line for each place. */
export async function violationsOf(page: Page): Promise<string[]> {
  source ??= readFile(AXE, 'utf8');
  // Past the policy of the page, as a debugger does: it allows no script but its own.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(await source);
  const { violations } = await page.evaluate(async (options) => {
    const axe = Reflect.get(globalThis, 'axe') as {
      run(on: ElementContext, how: RunOptions): Promise<AxeResults>;
    };
    // Base UI's guards are stops that hand the focus on at once: they are hidden and focusable on purpose.
    return axe.run({ include: document, exclude: ['[data-base-ui-focus-guard]'] }, options);
  }, OPTIONS);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, html, failureSummary }) => {
      const why = failureSummary?.split('\n')[1]?.trim() ?? '';
      return `${id} at ${target.join(' ')}: ${why} ${html.slice(0, 160)}`;
    }),
  );
}

/** Pixels that a page is wider than its window; nobody wants to push a page to and fro to read it. */
export function overhangOf(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.scrollingElement ?? document.documentElement;
    return scrollWidth - clientWidth;
  });
}
