/** A cron expression of five fields, each as the numbers it names in rising order. */
export interface ReadCron {
  minutes: number[];
  hours: number[];
  daysOfMonth: number[];
  months: number[];
  /** 0 Sunday .. 6 Saturday. */
  daysOfWeek: number[];
  /** Both day fields are restricted: a day needs to fit one of them only. */
  eitherDay: boolean;
}

interface Field {
  name: string;
  least: number;
  most: number;
  names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, names: MONTHS },
  { name: 'day of week', least: 0, most: 7, names: DAYS },
];
export const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

class NoCron extends Error {}

export type CronReading = { ok: true; cron: ReadCron } | { ok: false; problem: string };

/**
 * What the scheduler will read; here, because the rooms of the server are not part of the pages. The spec holds it to the
 * scheduler's own reading.
 */
export function readCron(expression: string): CronReading {
  try {
    return { ok: true, cron: read(expression) };
  } catch (error) {
    if (error instanceof NoCron) return { ok: false, problem: error.message };
    throw error;
  }
}

function read(expression: string): ReadCron {
  const texts = expression.trim().split(/\s+/);
  if (texts.length !== FIELDS.length) {
    const count = expression.trim() === '' ? 0 : texts.length;
    throw new NoCron(`It has ${count} of the five fields: minute, hour, day of month, month, day of week.`);
  }
  const [minutes, hours, daysOfMonth, months, weekdays] = FIELDS.map((field, index) =>
    readField(texts[index]!, field),
  ) as [number[], number[], number[], number[], number[]];
  const cron: ReadCron = {
    minutes,
    hours,
    daysOfMonth,
    months,
    // 7 is Sunday too.
    daysOfWeek: sorted(weekdays.map((day) => day % 7)),
    eitherDay: !texts[2]!.startsWith('*') && !texts[4]!.startsWith('*'),
  };
  const comes = months.some((month) => daysOfMonth.some((day) => day <= LONGEST_MONTHS[month - 1]!));
  if (!comes && texts[4]!.startsWith('*')) throw new NoCron('It never comes: no such day in such a month.');
  return cron;
}

function readField(text: string, field: Field): number[] {
  return sorted(text.split(',').flatMap((part) => readPart(part, field)));
}

function readPart(part: string, field: Field): number[] {
  const match = /^(?:(\*)|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/(\d+))?$/i.exec(part);
  if (!match)
    throw new NoCron(
      `The ${field.name} “${part}” is not a number, a range a-b, a step */n or a list of them.`,
    );
  const [, star, from, to, step] = match;
  const lastOfAll = field.name === 'day of week' ? 6 : field.most;
  const first = star ? field.least : numberOf(from!, field);
  // `5/15`: from 5 on.
  const last = to !== undefined ? numberOf(to, field) : star || step !== undefined ? lastOfAll : first;
  const by = step === undefined ? 1 : Number(step);
  if (by < 1 || by > field.most)
    throw new NoCron(`The step ${step} of the ${field.name} is not between 1 and ${field.most}.`);
  if (first > last) throw new NoCron(`The ${field.name} “${part}” runs backwards.`);
  const values: number[] = [];
  for (let value = first; value <= last; value += by) values.push(value);
  return values;
}

function numberOf(text: string, { name, least, most, names }: Field): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  const value = named >= 0 ? named + (least === 1 ? 1 : 0) : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new NoCron(`The ${name} “${text}” is not between ${least} and ${most}.`);
}

function sorted(values: readonly number[]): number[] {
  return [...new Set(values)].sort((one, other) => one - other);
}
