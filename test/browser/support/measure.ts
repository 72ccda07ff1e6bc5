import type { Page } from 'playwright-core';

/** Of an odd number of measurements. */
export function medianOf(samples: readonly number[]): number {
  return samples.toSorted((one, other) => one - other)[Math.floor(samples.length / 2)] ?? Number.NaN;
}

/** One line in the output of the suite for each budget: what is allowed, and what it is. */
export function report(budget: string, measured: string): void {
  process.stdout.write(`  budget: ${budget}: ${measured}\n`);
}

/**
 * Milliseconds from the navigation to the first frame that shows what was waited for; to be called before it. The page is asked in
 * each of its own frames, so that nothing is added by this process.
 */
export async function watchFirstFrame(page: Page, selector: string): Promise<() => Promise<number>> {
  await page.addInitScript((wanted) => {
    const look = () => {
      const found = document.querySelector(wanted);
      if (!found || found.textContent === '') return void requestAnimationFrame(look);
      // Found before a frame is painted; it is there when the next one begins.
      requestAnimationFrame(() => Reflect.set(globalThis, 'waybillTestFirstFrame', performance.now()));
    };
    requestAnimationFrame(look);
  }, selector);
  return async () => {
    const seen = await page.waitForFunction(() => Reflect.get(globalThis, 'waybillTestFirstFrame') as number);
    return seen.jsonValue();
  };
}

export interface Scrolled {
  /** Of the last row that was shown, counted from the first. */
  rows: number;
  seconds: number;
  frames: number;
  /** While it was loaded: the time from one frame to the next that 99 of 100 stayed within, and the longest. */
  loading: { p99Ms: number; longestMs: number };
  /** The longest time from one frame to the next in each pass over all that is loaded. */
  passesMs: number[];
}

/**
 * Scrolls a table down as fast as it goes, a few windows in each frame, until so many rows have been come by; then up and down
 * again over all of it, several times. All within the page: what is measured is between its own frames.
 */
export function scrollThrough(
  page: Page,
  wish: { rows: number; atMostSeconds: number; passes: number },
): Promise<Scrolled> {
  return page.evaluate(async ({ rows, atMostSeconds, passes }) => {
    const grid = document.querySelector('[role=grid]');
    let scroller = grid?.parentElement ?? null;
    while (scroller && scroller.scrollHeight <= scroller.clientHeight) scroller = scroller.parentElement;
    if (!grid || !scroller) throw new Error('there is no table that scrolls');
    const box = scroller;
    let gaps: number[] = [];
    let last = 0;
    const frame = () =>
      new Promise<void>((resolve) =>
        requestAnimationFrame((time) => {
          if (last > 0) gaps.push(time - last);
          last = time;
          resolve();
        }),
      );
    const began = performance.now();
    let reached = 0;
    while (reached < rows && performance.now() - began < atMostSeconds * 1_000) {
      box.scrollTop += box.clientHeight * 6;
      await frame();
      const shown = [...grid.querySelectorAll('[role=row][aria-rowindex]')];
      reached = Math.max(reached, Number(shown.at(-1)?.getAttribute('aria-rowindex') ?? 0) - 1);
    }
    const sorted = gaps.toSorted((one, other) => one - other);
    const loading = { p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0, longestMs: sorted.at(-1) ?? 0 };
    let frames = gaps.length;
    const passesMs: number[] = [];
    for (let pass = 0; pass < passes; pass++) {
      gaps = [];
      for (let step = 0; step <= 120; step++) {
        box.scrollTop = Math.abs(1 - step / 60) * box.scrollHeight;
        await frame();
      }
      frames += gaps.length;
      passesMs.push(Math.max(...gaps));
    }
    return { rows: reached, seconds: (performance.now() - began) / 1_000, frames, loading, passesMs };
  }, wish);
}

/** Milliseconds from each key to the frame that shows it, as the browser itself counts; those under 16 ms it does not tell. */
export async function watchKeys(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const durations: number[] = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        if (/^(key|input|beforeinput)/.test(entry.name)) durations.push(entry.duration);
    }).observe({ type: 'event', durationThreshold: 16, buffered: true } as PerformanceObserverInit);
    Reflect.set(globalThis, 'waybillTestKeys', durations);
  });
  return () => page.evaluate(() => Reflect.get(globalThis, 'waybillTestKeys') as number[]);
}
