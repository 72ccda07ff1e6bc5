import type { Rate } from '#config';

/** Nobody's bucket takes memory for ever: beyond this many, the one that was used longest ago is full again. */
const MOST_BUCKETS = 10_000;

/** One bucket for each name: taking is allowed while there is something in it. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #nowMs: () => number;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(rate: Rate, nowMs: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#nowMs = nowMs;
  }

  /** Takes one. 0, or how many seconds to wait until there is one: then nothing was taken. */
  take(name: string): number {
    const bucket = this.#fill(name);
    if (bucket.tokens < 1) return this.#secondsUntilOne(bucket.tokens);
    bucket.tokens -= 1;
    return 0;
  }

  /** Takes one that was spent already, down to nothing. */
  charge(name: string): void {
    const bucket = this.#fill(name);
    bucket.tokens = Math.max(0, bucket.tokens - 1);
  }

  /** Gives back what was taken from the wrong one. */
  refund(name: string): void {
    const bucket = this.#fill(name);
    bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + 1);
  }

  get size(): number {
    return this.#buckets.size;
  }

  #fill(name: string): { tokens: number; atMs: number } {
    const known = this.#buckets.get(name);
    const bucket = {
      tokens: known ? this.#tokensNow(known) : this.#rate.burst,
      atMs: this.#nowMs(),
    };
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > MOST_BUCKETS) {
      const [oldest] = this.#buckets.keys();
      this.#buckets.delete(oldest!);
    }
    return bucket;
  }

  #tokensNow({ tokens, atMs }: { tokens: number; atMs: number }): number {
    const seconds = (this.#nowMs() - atMs) / 1_000;
    return Math.min(this.#rate.burst, tokens + seconds * this.#rate.perSecond);
  }

  #secondsUntilOne(tokens: number): number {
    return Math.max(1, Math.ceil((1 - tokens) / this.#rate.perSecond));
  }
}
