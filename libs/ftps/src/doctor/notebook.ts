import type { CapabilityProfile, Finding } from '#domain';
import { printable } from '../printable.ts';

/** What a look at something means; the notebook adds which step it was and how long it took. */
export type Judgement = Omit<Finding, 'step' | 'ms'>;

/** Receives each finding as soon as it stands; awaited before the next step begins. */
export type FindingSink = (finding: Finding, profile: CapabilityProfile) => void | Promise<void>;

/** The findings in the order in which they were made, and the profile they add up to. */
export class Notebook {
  readonly findings: Finding[] = [];
  readonly profile: CapabilityProfile;
  readonly #sink: FindingSink;

  constructor(sink: FindingSink, now: Date) {
    this.#sink = sink;
    this.profile = {
      probedAt: now.toISOString(),
      tlsVersions: [],
      ciphers: [],
      sessionReuse: null,
      epsv: null,
      passive: null,
      listing: null,
      dialect: null,
      hashes: [],
      restart: null,
      renameReplaces: null,
      pipelining: null,
      clockSkewMs: null,
    };
  }

  async write(step: string, judgement: Judgement, sinceMs: number): Promise<void> {
    const says = bounded(judgement.says);
    const finding: Finding = { step, ...judgement, says, ms: Math.round(performance.now() - sinceMs) };
    this.findings.push(finding);
    await this.#sink(finding, this.profile);
  }
}

const MOST_CHARACTERS = 2_000;

/** Servers' words are in it: nothing that a terminal or a database would choke on. */
function bounded(says: string): string {
  return printable(says, MOST_CHARACTERS).toWellFormed();
}

export const ok = (says: string): Judgement => ({ outcome: 'ok', says });
export const note = (says: string, set?: Finding['set']): Judgement => judgement('note', says, set);
export const warning = (says: string, set?: Finding['set']): Judgement => judgement('warning', says, set);
export const failed = (says: string, set?: Finding['set']): Judgement => judgement('failed', says, set);

function judgement(outcome: Finding['outcome'], says: string, set: Finding['set']): Judgement {
  return set ? { outcome, says, set } : { outcome, says };
}

/** `1 file`, `2 files`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function enumerate(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
