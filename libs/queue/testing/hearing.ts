import type { Doorbell } from '../src/index.ts';

/** What a listener has heard; a test waits for the number it expects. */
export class Hearing {
  readonly heard: Doorbell[] = [];
  readonly #waiting: { count: number; resolve: () => void }[] = [];

  /** Give it to `listen`. */
  readonly handle = async (doorbell: Doorbell): Promise<void> => {
    this.heard.push(doorbell);
    for (const waiter of this.#waiting) if (this.heard.length >= waiter.count) waiter.resolve();
  };

  count(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.heard.length >= count) resolve();
      else this.#waiting.push({ count, resolve });
    });
  }
}
