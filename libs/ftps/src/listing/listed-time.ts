import type { Column } from './columns.ts';

const MONTHS = new Set('jan feb mar apr may jun jul aug sep oct nov dec'.split(' '));
/** Any script's short name of a month, with or without a point. */
const MONTH_WORD = /^\p{L}[\p{L}\p{M}.]{0,11}$/u;
const MONTH_NUMBER = /^\d{1,2}(?:月|월)$/;
const MONTH_AND_DAY = /^\d{1,2}月\d{1,2}日$|^\d{1,2}월\d{1,2}일$|^\d\d-\d\d$/;
const DAY = /^(?:0?[1-9]|[12]\d|3[01])(?:[.,]|日|일)?$/;
const YEAR = /^(?:19|20)\d\d(?:年|년)?$/;
const CLOCK = /^\d{1,2}[:.]\d\d$/;
const CLOCK_WITH_SECONDS = /^\d{1,2}:\d\d:\d\d$/;
const CLOCK_WITH_FRACTION = /^\d\d:\d\d:\d\d[.,]\d{1,9}$/;
const ZONE = /^[+-]\d{4}$/;
const FULL_DAY =
  /^\d{4}([-/.])\d{1,2}\1\d{1,2}$|^\d{1,2}([-/.])\d{1,2}\2\d{4}$|^\d{1,2}-[A-Za-z]{3}-\d{4}$|^\d{4}年\d{1,2}月\d{1,2}日$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?$/;

/** The time that a Unix row states. */
export interface ListedTime {
  /** Index of its last column. */
  last: number;
  /** False where the month is a word that we do not know: some other language, or no month at all. */
  known: boolean;
}

/**
 * The time that begins at a column, in the forms of `ls`: `Nov 21 06:06`, `Nov 21  2025`, `21 Nov 06:06`, other
 * languages, numbers, ISO with and without seconds and zone. undefined when none begins there.
 */
export function readListedTime(columns: readonly Column[], at: number): ListedTime | undefined {
  const [first, second, third, fourth] = [0, 1, 2, 3].map((offset) => columns[at + offset]);
  if (!first) return undefined;
  if (INSTANT.test(first.text)) return { last: at, known: true };
  if (!second) return undefined;
  if (FULL_DAY.test(first.text)) return readClockOfDay(at, first, second, third);
  if (MONTH_AND_DAY.test(first.text)) {
    return isClockOrYear(second.text) ? { last: at + 1, known: true } : undefined;
  }
  const month = isMonth(first.text)
    ? first
    : DAY.test(first.text) && isMonth(second.text)
      ? second
      : undefined;
  if (!month || !third || (month === first && !DAY.test(second.text))) return undefined;
  const known = MONTH_NUMBER.test(month.text) || MONTHS.has(month.text.toLowerCase());
  if (isClockOrYear(third.text)) return { last: at + 2, known };
  // `ls -T` of the BSDs; without the year it could be the beginning of the name.
  const withYear = CLOCK_WITH_SECONDS.test(third.text) && fourth !== undefined && YEAR.test(fourth.text);
  return withYear ? { last: at + 3, known } : undefined;
}

/** True for a column that can only be part of a time: whoever looks for an earlier column has gone too far. */
export function isClock(text: string): boolean {
  return /^\d{1,2}:\d\d/.test(text);
}

function readClockOfDay(
  at: number,
  day: Column,
  clock: Column,
  zone: Column | undefined,
): ListedTime | undefined {
  // `--time-style=iso` leaves the time out and pads: what follows is the name then, and it may look like a time.
  if (clock.start !== day.end + 1) return undefined;
  const hasZone = zone !== undefined && ZONE.test(zone.text);
  if (CLOCK_WITH_FRACTION.test(clock.text)) return hasZone ? { last: at + 2, known: true } : undefined;
  if (CLOCK.test(clock.text)) return { last: at + 1, known: true };
  // A zone, or a name that looks like one: only the form with a fraction says.
  return CLOCK_WITH_SECONDS.test(clock.text) && !hasZone ? { last: at + 1, known: true } : undefined;
}

function isMonth(text: string): boolean {
  return MONTH_WORD.test(text) || MONTH_NUMBER.test(text);
}

function isClockOrYear(text: string): boolean {
  return CLOCK.test(text) || YEAR.test(text);
}
