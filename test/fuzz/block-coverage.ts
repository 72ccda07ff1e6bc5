import { type Profiler, Session } from 'node:inspector';

/** Which characters of which script have been reached. */
export class ReachedCode {
  readonly #scripts = new Map<string, Uint8Array>();

  /** Number of characters that this measurement reaches and none before did. */
  countNew(measured: readonly Profiler.ScriptCoverage[]): number {
    return measured.reduce((sum, script) => sum + this.#compare(script, false), 0);
  }

  /** Takes the measurement over; answers how many characters were new. */
  add(measured: readonly Profiler.ScriptCoverage[]): number {
    return measured.reduce((sum, script) => sum + this.#compare(script, true), 0);
  }

  get characters(): number {
    let sum = 0;
    for (const reached of this.#scripts.values()) for (const one of reached) sum += one;
    return sum;
  }

  #compare(script: Profiler.ScriptCoverage, keep: boolean): number {
    const painted = paint(script.functions);
    let known = this.#scripts.get(script.url) ?? new Uint8Array(0);
    let fresh = 0;
    for (let at = 0; at < painted.length; at += 1) if (painted[at] === 1 && known[at] !== 1) fresh += 1;
    if (!keep || fresh === 0) return fresh;
    if (known.length < painted.length) {
      const longer = new Uint8Array(painted.length);
      longer.set(known);
      known = longer;
    }
    for (let at = 0; at < painted.length; at += 1) if (painted[at] === 1) known[at] = 1;
    this.#scripts.set(script.url, known);
    return fresh;
  }
}

/**
 * 1 for each character that ran. Ranges come outer before inner, and V8 joins neighbours with equal counts, so the same
 * code comes in different ranges: only characters can be compared.
 */
export function paint(functions: readonly Profiler.FunctionCoverage[]): Uint8Array {
  const ranges = functions.flatMap((each) => each.ranges);
  const painted = new Uint8Array(ranges.reduce((most, { endOffset }) => Math.max(most, endOffset), 0));
  for (const { startOffset, endOffset, count } of ranges)
    painted.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return painted;
}

/** Block coverage of this thread by V8. Begin before the code is first loaded, and only one at a time. */
export class BlockCoverage {
  readonly #session = new Session();
  readonly #isOurs: (url: string) => boolean;

  constructor(isOurs: (url: string) => boolean) {
    this.#isOurs = isOurs;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** What ran since the last call. */
  take(): Profiler.ScriptCoverage[] {
    let measured: Profiler.ScriptCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, result) => {
      if (error) throw error;
      measured = result.result.filter(({ url }) => this.#isOurs(url));
    });
    return measured;
  }

  stop(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }
}
