import type { FireNote } from '#domain';
import { type Cron, parseCron } from './cron.ts';
import { matchesDay, nextFire, type Timing } from './next-fire.ts';

/** A change of the clock has nothing to do any more with what is due later than this after it. */
const LOOK_BACK_MS = 48 * 3_600_000;
/** Of times that do not exist, more would be a list and no sentence. */
const MOST_NAMED = 3;

/** Pure: what a change of the clock has to do with a due moment, in words; on most days nothing. */
export function clockNotes(timing: Timing, dueAt: Date): FireNote[] {
  const cron = parseCron(timing.cron);
  const due = Temporal.Instant.fromEpochMilliseconds(dueAt.getTime()).toZonedDateTimeISO(timing.timezone);
  return [...putForward(cron, timing, due), ...putBack(cron, due)];
}

/** Times that the clock leaves out are told at the first fire at or after the change. */
function putForward(cron: Cron, timing: Timing, due: Temporal.ZonedDateTime): FireNote[] {
  const change = due.add({ nanoseconds: 1 }).getTimeZoneTransition('previous');
  if (!change || due.epochMilliseconds - change.epochMilliseconds > LOOK_BACK_MS) return [];
  const skipped = change.offsetNanoseconds - change.subtract({ nanoseconds: 1 }).offsetNanoseconds;
  if (skipped <= 0) return [];
  const first = nextFire(timing, new Date(change.epochMilliseconds - 1));
  if (first?.getTime() !== due.epochMilliseconds) return [];
  const after = change.toPlainDateTime();
  const before = after.subtract({ nanoseconds: skipped });
  const left = timesBetween(cron, before, after);
  if (left.length === 0) return [];
  const them = left.length === 1 ? 'it' : 'them';
  return [
    {
      kind: 'clock_forward',
      says:
        `The clock is put forward from ${clockOf(before)} to ${clockOf(after)}. ${enumerate(left)} ` +
        `${left.length === 1 ? 'does' : 'do'} not exist that day: ` +
        (cron.everySoOften
          ? `nothing fires for ${them}, as an hour field with * goes on in real time.`
          : `this one fire, at the first moment after, stands for ${them}.`),
    },
  ];
}

function putBack(cron: Cron, due: Temporal.ZonedDateTime): FireNote[] {
  const wall = due.toPlainDateTime();
  const [first, second] = (['earlier', 'later'] as const).map((disambiguation) =>
    wall.toZonedDateTime(due.timeZoneId, { disambiguation }),
  );
  if (first!.epochMilliseconds === second!.epochMilliseconds) return [];
  const which = due.epochMilliseconds === first!.epochMilliseconds ? 'first' : 'second';
  return [
    {
      kind: 'clock_back',
      says:
        `The clock is put back that day and shows ${clockOf(wall)} twice. ` +
        (cron.everySoOften
          ? `This is the ${which} time; an hour field with * fires in both.`
          : 'A time of day fires once, the first time.'),
    },
  ];
}

/** What the cron names from `begin` to just before `end`, on a clock that shows these times. */
function timesBetween(cron: Cron, begin: Temporal.PlainDateTime, end: Temporal.PlainDateTime): string[] {
  const found: string[] = [];
  for (let wall = begin; Temporal.PlainDateTime.compare(wall, end) < 0; wall = wall.add({ minutes: 1 }))
    if (cron.hours.has(wall.hour) && cron.minutes.has(wall.minute) && matchesDay(cron, wall.toPlainDate()))
      found.push(clockOf(wall));
  return found;
}

function clockOf(wall: Temporal.PlainDateTime): string {
  return wall.toPlainTime().toString({ smallestUnit: 'minute' });
}

/** `02:00`, `02:00 and 02:30`, `02:00, 02:01, 02:02 and 57 more`. */
function enumerate(times: readonly string[]): string {
  if (times.length > MOST_NAMED + 1)
    return `${times.slice(0, MOST_NAMED).join(', ')} and ${times.length - MOST_NAMED} more`;
  const last = times.at(-1)!;
  return times.length === 1 ? last : `${times.slice(0, -1).join(', ')} and ${last}`;
}
