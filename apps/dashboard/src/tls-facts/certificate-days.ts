import type { Tone } from '../ui/state-badge.tsx';

const DAY_MS = 86_400_000;
/** When somebody should ask the partner for the next certificate. */
const SOON_DAYS = 30;

/** Whole days until the certificate is over, negative when it is; null where the text is no date. */
export function daysLeftOf(notAfter: string, now: Date): number | null {
  const until = Date.parse(notAfter);
  return Number.isNaN(until) ? null : Math.floor((until - now.getTime()) / DAY_MS);
}

/** Only what is over has failed; what ends soon needs a person. */
export function toneOfDays(daysLeft: number | null): Tone {
  if (daysLeft === null) return 'idle';
  if (daysLeft < 0) return 'bad';
  return daysLeft <= SOON_DAYS ? 'warn' : 'good';
}

/** `12 days left`, `expired 3 days ago`. */
export function daysText(daysLeft: number | null): string {
  if (daysLeft === null) return 'no date';
  // Below 0 by less than a day: -1.
  if (daysLeft < 0) return daysLeft === -1 ? 'expired' : `expired ${daysOf(-daysLeft - 1)} ago`;
  return `${daysOf(daysLeft)} left`;
}

function daysOf(count: number): string {
  return count === 1 ? '1 day' : `${count} days`;
}
