import { createContext, Script } from 'node:vm';
import { type BlockCoverage, ReachedCode } from './block-coverage.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import { shrink } from './shrink.ts';
import type { Target } from './target.ts';

const DEFAULT_MAX_BYTES = 1024;
const LONG_BYTES = 512;
const NEWEST = 4;
/** Measuring costs as much as many executions, and finding out which input of a batch was new costs two batches. */
const SMALLEST_BATCH = 4;
const LARGEST_BATCH = 256;
/** A batch takes a second at most: what is not back by then does not come back. */
const HANGS_AFTER_MS = 60_000;
/** No parser needs this long for 10 KiB, not even without V8's optimiser, which is off under measurement. */
const SLOW_MS = 250;
/** Slow by itself, not while something is compiled or collected: several times in a row. */
const SLOW_TIMES = 3;

export interface Finding {
  input: Buffer;
  error: Error;
}

export interface FuzzResult {
  executions: number;
  /** Characters of source reached by the corpus, and at the end. */
  reachedBefore: number;
  reachedAfter: number;
  /** Inputs that reached something new, in the order in which they were found. */
  kept: Buffer[];
  finding: Finding | undefined;
}

export interface FuzzLimits {
  maxExecutions?: number;
  /** By the clock of `performance.now()`. */
  untilMs?: number;
}

/**
 * Changes inputs that are known, keeps those that reach code or outcomes that none has reached before, and stops at the
 * first finding. The same seed, corpus and number of executions give the same run.
 */
export class Fuzzer {
  readonly #target: Target;
  readonly #coverage: BlockCoverage;
  readonly #random: Random;
  readonly #reached = new ReachedCode();
  readonly #outcomes = new Set<string>();
  readonly #corpus: Buffer[] = [];
  readonly #kept: Buffer[] = [];
  #executions = 0;
  #finding: Finding | undefined;

  constructor(target: Target, coverage: BlockCoverage, seed: number) {
    this.#target = target;
    this.#coverage = coverage;
    this.#random = new Random(seed);
  }

  async run(
    corpus: readonly Buffer[],
    { maxExecutions = Number.POSITIVE_INFINITY, untilMs }: FuzzLimits,
  ): Promise<FuzzResult> {
    this.#coverage.take();
    // Each alone: what the corpus reaches is known exactly, and its own findings are found.
    for (const input of corpus) if (this.#finding === undefined) this.#runBatch([input]);
    this.#corpus.splice(0, this.#corpus.length, ...corpus);
    const reachedBefore = this.#reached.characters;
    this.#kept.length = 0;
    const isOver = () =>
      this.#finding !== undefined ||
      this.#executions >= maxExecutions ||
      (untilMs !== undefined && performance.now() >= untilMs);
    let size = SMALLEST_BATCH;
    while (!isOver()) {
      // Promises that the last batch left behind settle now; kept waiting they took a gigabyte in ten seconds.
      await null;
      const before = this.#kept.length;
      this.#runBatch(
        Array.from({ length: Math.min(size, maxExecutions - this.#executions) }, () => this.#next()),
      );
      size = this.#kept.length > before ? SMALLEST_BATCH : Math.min(LARGEST_BATCH, size * 2);
    }
    return {
      executions: this.#executions,
      reachedBefore,
      reachedAfter: this.#reached.characters,
      kept: this.#kept,
      finding: this.#finding && this.#shrunk(this.#finding),
    };
  }

  /** Those that are needed to reach all that they reach together, short ones first. */
  smallestSet(inputs: readonly Buffer[]): Buffer[] {
    const reached = new ReachedCode();
    const outcomes = new Set<string>();
    this.#coverage.take();
    return [...inputs]
      .sort((one, other) => one.length - other.length || one.compare(other))
      .filter((input) => {
        const before = outcomes.size;
        for (const outcome of this.#target.run(input)) outcomes.add(outcome);
        const isNew = reached.add(this.#coverage.take()) > 0;
        return isNew || outcomes.size > before;
      });
  }

  #next(): Buffer {
    const from = this.#corpus.length === 0 ? Buffer.alloc(0) : this.#pick();
    return mutate(from, this.#random, {
      words: this.#target.words,
      others: this.#corpus,
      maxBytes: this.#target.maxBytes ?? DEFAULT_MAX_BYTES,
    });
  }

  #pick(): Buffer {
    const drawn = [0, 1].map(() =>
      this.#random.pick(this.#random.below(2) === 0 ? this.#corpus : this.#newest()),
    );
    const [one, other] = drawn as [Buffer, Buffer];
    // Long inputs are slow, and seldom needed for what they alone can show: only where two in a row are drawn.
    return one.length <= LONG_BYTES ? one : other;
  }

  /** What was reached last is the likeliest way to what was not reached yet. */
  #newest(): readonly Buffer[] {
    return this.#corpus.slice(-NEWEST);
  }

  #runBatch(inputs: readonly Buffer[]): void {
    const withNewOutcome = this.#execute(inputs);
    if (this.#finding) return;
    if (this.#reached.countNew(this.#coverage.take()) > 0) this.#attribute(inputs);
    for (const input of withNewOutcome) this.#keep(input);
  }

  /** Which of them reached it: halves, again and again. */
  #attribute(inputs: readonly Buffer[]): void {
    if (inputs.length > 1) {
      const middle = Math.ceil(inputs.length / 2);
      for (const half of [inputs.slice(0, middle), inputs.slice(middle)]) {
        for (const input of half) this.#target.run(input);
        if (this.#reached.countNew(this.#coverage.take()) > 0) this.#attribute(half);
      }
      return;
    }
    for (const input of inputs) {
      this.#target.run(input);
      if (this.#reached.add(this.#coverage.take()) > 0) this.#keep(input);
    }
  }

  #keep(input: Buffer): void {
    if (this.#kept.some((known) => known.equals(input))) return;
    this.#kept.push(input);
    this.#corpus.push(input);
  }

  /** Answers the inputs with a new kind of outcome. */
  #execute(inputs: readonly Buffer[]): Buffer[] {
    const withNewOutcome: Buffer[] = [];
    let current = Buffer.alloc(0) as Buffer;
    const all = () => {
      for (const input of inputs) {
        current = input;
        this.#executions += 1;
        const before = this.#outcomes.size;
        const begun = performance.now();
        for (const outcome of this.#target.run(input)) this.#outcomes.add(outcome);
        if (performance.now() - begun > SLOW_MS && isSlow(this.#target, input))
          throw new TooSlow(`needs more than ${SLOW_MS} ms for ${input.length} bytes`);
        if (this.#outcomes.size > before) withNewOutcome.push(input);
      }
    };
    try {
      withinTime(all);
    } catch (error) {
      this.#finding = { input: current, error: error instanceof Error ? error : new Error(String(error)) };
    }
    return withNewOutcome;
  }

  #shrunk({ input, error }: Finding): Finding {
    // Each try would be as slow.
    if (error instanceof TooSlow) return { input, error };
    const smallest = shrink(input, (shorter) => failureOf(this.#target, shorter)?.name === error.name);
    return { input: smallest, error: failureOf(this.#target, smallest) ?? error };
  }
}

/** The parser needs so long that whoever sends such input can stop us with it. */
export class TooSlow extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'TooSlow';
  }
}

/** What this one input does wrong. */
export function failureOf(target: Target, input: Buffer, mostMs = HANGS_AFTER_MS): Error | undefined {
  try {
    withinTime(() => target.run(input), mostMs);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** By the time of this thread on the processor: what the machine does beside it does not count. */
export function isSlow(target: Target, input: Buffer): boolean {
  for (let time = 0; time < SLOW_TIMES; time += 1) {
    const begun = process.threadCpuUsage();
    failureOf(target, input);
    const { user, system } = process.threadCpuUsage(begun);
    if ((user + system) / 1000 <= SLOW_MS) return false;
  }
  return true;
}

/** Only V8 itself can end a loop that does not end. */
function withinTime(work: () => void, mostMs = HANGS_AFTER_MS): void {
  ROOM.work = work;
  try {
    WORK.runInContext(ROOM, { timeout: mostMs });
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    throw code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? new TooSlow(`is not back after ${mostMs} ms`) : error;
  }
}

const ROOM: { work: () => void } = { work: () => {} };
createContext(ROOM);
const WORK = new Script('work()');
