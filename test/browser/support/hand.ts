import type { Locator } from 'playwright-core';

/** One person's hand: what a story costs is what it has done. */
export class Hand {
  clicks = 0;
  fields = 0;

  async click(what: Locator): Promise<void> {
    await what.click();
    this.clicks += 1;
  }

  async type(where: Locator, text: string): Promise<void> {
    await where.fill(text);
    this.fields += 1;
  }

  /** Of a list that opens. */
  async choose(where: Locator, value: string): Promise<void> {
    await where.selectOption(value);
    this.clicks += 2;
  }
}
