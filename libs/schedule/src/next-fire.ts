import type { ScheduleDefinition } from '#domain';
import { type Cron, parseCron } from './cron.ts';

/** Leap days of a leap century are eight years apart; nothing that ever comes comes later. */
const MAX_DAYS = 366 * 9;
const MINUTE_MS = 60_000;

/** What a schedule needs for its times alone. */
export type Timing = Pick<ScheduleDefinition, 'cron' | 'timezone'>;

export function isTimeZone(zone: string): boolean {
  try {
    Temporal.Now.instant().toZonedDateTimeISO(zone);
    // An offset is no zone: it knows no summer time, and whoever wrote it may not know that.
    return /[A-Za-z]/.test(zone);
  } catch {
    return false;
  }
}

/**
 * The first due moment strictly after `after`; undefined when none ever comes.
 *
 * Where the clock is put forward, a time of day that does not exist fires once, at the first moment after the gap.
 * Where it is put back, a time of day fires once, the first time; "every so often" (an hour field with `*`) follows
 * real time through both.
 */
export function nextFire(timing: Timing, after: Date): Date | undefined {
  const cron = parseCron(timing.cron);
  const start = Temporal.Instant.fromEpochMilliseconds(after.getTime()).toZonedDateTimeISO(timing.timezone);
  // A gap at midnight can carry yesterday's time into today.
  let day = start.toPlainDate().subtract({ days: 1 });
  for (let count = 0; count < MAX_DAYS; count++, day = day.add({ days: 1 })) {
    if (!matchesDay(cron, day)) continue;
    const next = cron.everySoOften
      ? firstRealMoment(cron, day, timing.timezone, after.getTime())
      : firstWallMoment(cron, day, timing.timezone, after.getTime());
    if (next !== undefined) return new Date(next);
  }
  return undefined;
}

/** Whether the day fields name this day. */
export function matchesDay(cron: Cron, day: Temporal.PlainDate): boolean {
  if (!cron.months.has(day.month)) return false;
  const ofMonth = cron.daysOfMonth.has(day.day);
  const ofWeek = cron.daysOfWeek.has(day.dayOfWeek % 7);
  return cron.eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
}

/**
 * The first of the day's times of day that comes after `after`: `earlier` of two in an overlap, the end of the gap for
 * one that does not exist. Both keep the order of the times, so it can be searched by halves.
 */
function firstWallMoment(
  cron: Cron,
  day: Temporal.PlainDate,
  timeZone: string,
  after: number,
): number | undefined {
  const minutes = ascending(cron.minutes);
  const walls = ascending(cron.hours).flatMap((hour) => minutes.map((minute) => ({ hour, minute })));
  const momentAt = (index: number) => wallMoment(day.toPlainDateTime(walls[index]!), timeZone);
  let past = 0;
  let open = walls.length;
  while (past < open) {
    const middle = (past + open) >> 1;
    if (momentAt(middle) > after) open = middle;
    else past = middle + 1;
  }
  return past < walls.length ? momentAt(past) : undefined;
}

function wallMoment(wall: Temporal.PlainDateTime, timeZone: string): number {
  const moment = wall.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  if (moment.toPlainDateTime().equals(wall)) return moment.epochMilliseconds;
  // In a gap `earlier` answers with a moment before it; the next transition of the zone is the gap's end.
  return moment.getTimeZoneTransition('next')!.epochMilliseconds;
}

/** The first real minute of the local day after `after` whose clock reading matches. */
function firstRealMoment(
  cron: Cron,
  day: Temporal.PlainDate,
  timeZone: string,
  after: number,
): number | undefined {
  const begin = day.toZonedDateTime(timeZone).epochMilliseconds;
  const end = day.add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds;
  const minutesPast = Math.max(0, Math.floor((after - begin) / MINUTE_MS) + 1);
  for (let moment = begin + minutesPast * MINUTE_MS; moment < end; moment += MINUTE_MS) {
    const wall = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(timeZone);
    if (cron.hours.has(wall.hour) && cron.minutes.has(wall.minute)) return moment;
  }
  return undefined;
}

function ascending(values: Iterable<number>): number[] {
  return [...values].sort((a, b) => a - b);
}
