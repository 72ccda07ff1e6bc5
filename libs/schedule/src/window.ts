import type { TransferWindow } from '#domain';

/** More days than any zone has ever left out. */
const MAX_DAYS = 4;

export type WindowState = { open: true; closesAt: Date } | { open: false; opensAt: Date };

/**
 * A window is open whenever a clock in its zone shows a time from `from` to just before `to`; over midnight where `to` is
 * the earlier one. So where clocks are put back, a time that comes twice counts twice, and a window that lies in the hour
 * which is left out does not open that day. `from` equal to `to` is refused by the configuration: it would be no window.
 */
export function windowAt(window: TransferWindow, now: Date): WindowState {
  const open = showsOpen(window, now.getTime());
  const change = nextChange(window, now.getTime(), open);
  return open ? { open, closesAt: change } : { open, opensAt: change };
}

function showsOpen({ from, to, timezone }: TransferWindow, atMs: number): boolean {
  // HH:MM is compared as text: two digits each.
  const shown = Temporal.Instant.fromEpochMilliseconds(atMs)
    .toZonedDateTimeISO(timezone)
    .toPlainTime()
    .toString({ smallestUnit: 'minute' });
  return from < to ? from <= shown && shown < to : from <= shown || shown < to;
}

/** The state changes at one of the two times of day, or where the clock is changed, and nowhere else. */
function nextChange(window: TransferWindow, nowMs: number, open: boolean): Date {
  const here = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(window.timezone);
  let day = here.toPlainDate().subtract({ days: 1 });
  for (let count = 0; count <= MAX_DAYS + 1; count++, day = day.add({ days: 1 })) {
    const moments = [window.from, window.to].flatMap((time) => momentsOf(day, time, window.timezone));
    const next = [...moments, ...clockChangesOn(day, window.timezone)]
      .filter((moment) => moment > nowMs && showsOpen(window, moment) !== open)
      .sort((a, b) => a - b)[0];
    if (next !== undefined) return new Date(next);
  }
  throw new RangeError(`the window ${window.from}-${window.to} never changes; from and to must differ`);
}

/** One moment; two where the clock is put back over it. What is left out has none: there is the change itself. */
function momentsOf(day: Temporal.PlainDate, time: string, timezone: string): number[] {
  const wall = day.toPlainDateTime(Temporal.PlainTime.from(time));
  return (['earlier', 'later'] as const).map(
    (disambiguation) => wall.toZonedDateTime(timezone, { disambiguation }).epochMilliseconds,
  );
}

function clockChangesOn(day: Temporal.PlainDate, timezone: string): number[] {
  const begin = day.toZonedDateTime(timezone);
  const end = day.add({ days: 1 }).toZonedDateTime(timezone).epochMilliseconds;
  const change = begin.subtract({ seconds: 1 }).getTimeZoneTransition('next')?.epochMilliseconds;
  return change !== undefined && change < end ? [change] : [];
}
