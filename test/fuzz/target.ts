/** One parser under attack. */
export interface Target {
  /** Folder of its corpus. */
  name: string;
  /** First inputs where the corpus has none. */
  seeds: readonly string[];
  /** Words of its grammar, for mutations. */
  words: readonly string[];
  /** Longest input; more is needed only where a parser has a limit to be tried. */
  maxBytes?: number;
  /**
   * Reads the input and judges what came of it: anything thrown is a finding. Answers what kinds of outcome there
   * were; an input with a new kind is kept like one that reaches new code.
   */
  run(input: Buffer): Iterable<string>;
}

/** The parser did not throw, but what it said is wrong. */
export class WrongAnswer extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'WrongAnswer';
  }
}

export function holds(condition: boolean, detail: string): asserts condition {
  if (!condition) throw new WrongAnswer(detail);
}

type Thrown = new (...details: never[]) => Error;

/** What the parser answers, or `undefined` where it refused in the one way it may; any other error is passed on. */
export function answerOf<T>(refusal: Thrown, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof refusal) return undefined;
    throw error;
  }
}
