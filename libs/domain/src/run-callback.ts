/** Whom to tell how a run has ended. */
export interface RunCallback {
  /** https; http only to this machine itself. */
  url: string;
  /** Name of a stored secret; only those that begin with CALLBACK_SECRET sign messages. */
  secret: string;
  /** Whoever asked for it is limited: it goes to public addresses only, and to what the egress policy names. */
  publicOnly?: boolean | undefined;
}

/** A partner's password must not be tried out offline by whoever receives a message that it has signed. */
export const CALLBACK_SECRET = 'webhook-';

export const CALLBACK_STATES = ['waiting', 'due', 'delivered', 'given_up'] as const;
/** `waiting` for the end of the run, `due` until it is told or that is given up. */
export type CallbackState = (typeof CALLBACK_STATES)[number];

export const CALLBACK_PROBLEMS = [
  'refused_by_policy',
  'unreachable',
  'answered',
  'secret',
  'run_gone',
] as const;
/**
 * Why the receiver was not told, for everybody who sees the run. Whoever may name addresses would read from more which hosts and
 * ports are alive inside, and what they speak.
 */
export type CallbackProblem = (typeof CALLBACK_PROBLEMS)[number];

const LONGEST_URL = 2_000;

/** What is wrong with the address. Whether it may be called is for the egress policy. */
export function callbackUrlProblem(text: string): string | undefined {
  if (text.length > LONGEST_URL) return `is longer than ${LONGEST_URL} characters`;
  if (!/^[\x21-\x7e]+$/.test(text) || !URL.canParse(text)) return 'is not a URL';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (url.hash !== '') return 'must not hold a fragment';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:') return 'must begin with https://';
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)
    ? undefined
    : 'must begin with https://: http is for this machine itself';
}

const TRIES = 12;
const FIRST_DELAY_MS = 10_000;
const LONGEST_DELAY_MS = 3_600_000;

/** How long to wait before the next try, about six hours in all; undefined when there have been enough. */
export function callbackDelayMs(attempts: number, random: number): number | undefined {
  if (attempts >= TRIES) return undefined;
  const delayMs = Math.min(FIRST_DELAY_MS * 3 ** (attempts - 1), LONGEST_DELAY_MS);
  return Math.round(delayMs * (0.8 + 0.4 * random));
}
