/** How much chaos: 1 is what fits into ten minutes for all scenarios together. */
export const SCALE = Number(process.env['WAYBILL_CHAOS_SCALE'] ?? 1);

/** The same seed breaks the same things at the same counts of delivered files. */
export const SEED = Number(process.env['WAYBILL_CHAOS_SEED'] ?? 20_261_121);

export function scaled(count: number): number {
  return Math.max(1, Math.round(count * SCALE));
}

export class Chance {
  #state: number;

  constructor(seed: number = SEED) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1); mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)]!;
  }

  /** `count` moments in the life of `total` files, in order: neither at the very beginning nor at the very end. */
  moments(count: number, total: number): number[] {
    return Array.from({ length: count }, () =>
      this.between(Math.ceil(total * 0.02), Math.floor(total * 0.85)),
    ).sort((one, other) => one - other);
  }
}
