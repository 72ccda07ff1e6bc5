import type { KeyObject } from '#contract';
import type { Tone } from '../../../ui/state-badge.tsx';

export interface KeyStanding {
  tone: Tone;
  says: string;
  /** Whether there is still something to revoke. */
  opens: boolean;
}

const SOON_MS = 14 * 24 * 60 * 60 * 1_000;

/** What a key opens now, in a word or two. */
export function standingOf({ revokedAt, stopped, expiresAt }: KeyObject, now: Date): KeyStanding {
  if (revokedAt !== null) return { tone: 'idle', says: 'revoked', opens: false };
  const left = expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt) - now.getTime();
  if (left <= 0) return { tone: 'idle', says: 'expired', opens: false };
  if (stopped) return { tone: 'bad', says: 'stopped', opens: true };
  return left <= SOON_MS
    ? { tone: 'warn', says: 'expires soon', opens: true }
    : { tone: 'good', says: 'active', opens: true };
}

/** Those that open something first, each by name. */
export function inUseFirst(keys: readonly KeyObject[], now: Date): KeyObject[] {
  const rank = (key: KeyObject) => (standingOf(key, now).opens ? 0 : 1);
  return keys.toSorted((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
}
