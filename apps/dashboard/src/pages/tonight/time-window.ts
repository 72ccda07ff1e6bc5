import { zoneOffsetMs } from '../../ui/zone-offset.ts';

/** How much of the night is shown: hours behind now and ahead of it. */
export const SPANS = {
  '3h': { title: '3 hours', behindHours: 2, aheadHours: 1 },
  '12h': { title: '12 hours', behindHours: 8, aheadHours: 4 },
  '24h': { title: '24 hours', behindHours: 16, aheadHours: 8 },
  '3d': { title: '3 days', behindHours: 48, aheadHours: 24 },
} as const;
export type Span = keyof typeof SPANS;

const HOUR_MS = 3_600_000;
const STEP_MS = 60_000;

export interface TimeWindow {
  from: number;
  until: number;
}

/** What is not a span in the address is the usual one. */
export function spanOf(said: string | undefined): Span {
  return said !== undefined && Object.hasOwn(SPANS, said) ? (said as Span) : '12h';
}

/** To the minute, so that it moves on without everything being asked for each second. */
export function windowAround(now: number, span: Span): TimeWindow {
  const { behindHours, aheadHours } = SPANS[span];
  const minute = Math.floor(now / STEP_MS) * STEP_MS;
  return { from: minute - behindHours * HOUR_MS, until: minute + aheadHours * HOUR_MS };
}

/** 0 at the beginning of the window, 1 at its end; outside of it less or more. */
export function shareOf({ from, until }: TimeWindow, moment: number): number {
  return (moment - from) / (until - from);
}

const TICK_STEPS_MS = [0.25, 0.5, 1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR_MS);
const MOST_TICKS = 9;

/** Full hours of the zone's clock that divide the window, as moments. */
export function ticksOf({ from, until }: TimeWindow, offsetMs: number): number[] {
  const step = TICK_STEPS_MS.find((candidate) => (until - from) / candidate <= MOST_TICKS) ?? 24 * HOUR_MS;
  const first = Math.ceil((from + offsetMs) / step) * step - offsetMs;
  const ticks: number[] = [];
  for (let tick = first; tick <= until; tick += step) ticks.push(tick);
  return ticks;
}

/** `22:00`; at midnight the day that begins, `22 Nov`. */
export function tickText(tick: number, zone: string): string {
  const at = new Date(tick + zoneOffsetMs(new Date(tick), zone));
  const time = at.toISOString().slice(11, 16);
  if (time !== '00:00') return time;
  return at.toLocaleDateString('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' });
}
