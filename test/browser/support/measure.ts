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

export interface Frames {
  count: number;
  /** The longest times from one frame to the next, in ms, longest first. */
  longest: number[];
}

/** What the page shows while something is done with it: every frame, by its own clock. */
export async function framesWhile(page: Page, doing: () => Promise<void>): Promise<Frames> {
  await page.evaluate(() => {
    const times: number[] = [];
    const note = (time: number) => {
      times.push(time);
      if (Reflect.get(globalThis, 'waybillTestFrames') === times) requestAnimationFrame(note);
    };
    Reflect.set(globalThis, 'waybillTestFrames', times);
    requestAnimationFrame(note);
  });
  await doing();
  const times = await page.evaluate(() => {
    const noted = Reflect.get(globalThis, 'waybillTestFrames') as number[];
    Reflect.deleteProperty(globalThis, 'waybillTestFrames');
    return noted;
  });
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return { count: times.length, longest: gaps.toSorted((one, other) => other - one).slice(0, 10) };
}
