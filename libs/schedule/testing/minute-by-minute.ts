import { parseCron, type Timing } from '../src/index.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * The due moments after `from` up to `to`, found the slow way: by looking at a clock of the zone in each minute. Shares
 * nothing with the room's own search but the parsed expression.
 */
export function dueMinuteByMinute(timing: Timing, from: Date, to: Date): Date[] {
  const cron = parseCron(timing.cron);
  const clock = clockOf(timing.timezone);
  const matches = (wall: number) => {
    const reading = new Date(wall);
    const ofMonth = cron.daysOfMonth.has(reading.getUTCDate());
    const ofWeek = cron.daysOfWeek.has(reading.getUTCDay());
    return (
      cron.minutes.has(reading.getUTCMinutes()) &&
      cron.hours.has(reading.getUTCHours()) &&
      cron.months.has(reading.getUTCMonth() + 1) &&
      (cron.eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek)
    );
  };
  const due: number[] = [];
  let highestReading = clock(from.getTime() - DAY_MS);
  for (let moment = from.getTime() - DAY_MS; moment <= to.getTime(); moment += MINUTE_MS) {
    const reading = clock(moment);
    if (cron.everySoOften) {
      if (matches(reading)) due.push(moment);
      continue;
    }
    // Every reading is met once: those the clock jumped over at the moment after the jump, repeated ones not again.
    let met = false;
    for (; highestReading < reading; highestReading += MINUTE_MS) met ||= matches(highestReading + MINUTE_MS);
    if (met) due.push(moment);
  }
  return due.filter((moment) => moment > from.getTime()).map((moment) => new Date(moment));
}

/** A moment as the zone's wall clock reads it, written as if it were UTC. */
function clockOf(timeZone: string): (moment: number) => number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (moment) => {
    const part = Object.fromEntries(
      format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]),
    ) as Record<'year' | 'month' | 'day' | 'hour' | 'minute', number>;
    return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute);
  };
}
