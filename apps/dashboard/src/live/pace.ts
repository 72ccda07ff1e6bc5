/** After a quiet time at once; then as soon as the last is done, and never more often than this. */
const LEAST_MS = 250;
/** Under a steady stream of events: what is read again each time costs the api and the page. */
const STEADY_MS = 1_000;
const QUIET_MS = 3_000;

/** Many wishes, one deed at a time; what is wished while it is done is done after it. */
export class Pace {
  readonly #deed: () => Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #busy = false;
  #wished = false;
  #stopped = false;
  /** When the wishes began to come without a quiet time between them. */
  #beganAt = Number.NEGATIVE_INFINITY;
  #doneAt = Number.NEGATIVE_INFINITY;

  constructor(deed: () => Promise<void>) {
    this.#deed = deed;
  }

  ask(): void {
    this.#wished = true;
    if (this.#stopped || this.#busy || this.#timer !== undefined) return;
    const now = performance.now();
    if (now - this.#doneAt > QUIET_MS) this.#beganAt = now;
    const leastMs = now - this.#beganAt > QUIET_MS ? STEADY_MS : LEAST_MS;
    // A moment is waited for even the first time: events come in groups.
    const waitMs = Math.max(LEAST_MS / 5, this.#doneAt + leastMs - now);
    this.#timer = setTimeout(() => void this.#act(), waitMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #act(): Promise<void> {
    this.#timer = undefined;
    this.#busy = true;
    this.#wished = false;
    await this.#deed().catch(() => undefined);
    this.#busy = false;
    this.#doneAt = performance.now();
    if (this.#wished) this.ask();
  }
}
