/** A cron expression of five fields as sets of numbers. */
export interface Cron {
  minutes: ReadonlySet<number>;
  hours: ReadonlySet<number>;
  daysOfMonth: ReadonlySet<number>;
  months: ReadonlySet<number>;
  /** 0 Sunday .. 6 Saturday. */
  daysOfWeek: ReadonlySet<number>;
  /** Both day fields restricted: either may match, as cron has always done it. */
  eitherDay: boolean;
  /**
   * The hour field begins with `*`: the schedule means "every so often" and follows real time through a change of
   * the clock. Otherwise it means "at that time of day", and fires once a day whatever the clock does.
   */
  everySoOften: boolean;
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

/** What is wrong with a cron expression, for the person who wrote it. */
export class BadCron extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'BadCron';
  }
}

/** undefined when the expression is good. */
export function cronProblem(expression: string): string | undefined {
  try {
    parseCron(expression);
    return undefined;
  } catch (error) {
    if (error instanceof BadCron) return error.message;
    throw error;
  }
}

/** @throws BadCron naming the field. */
export function parseCron(expression: string): Cron {
  const texts = expression.trim().split(/\s+/);
  if (texts.length !== FIELDS.length) {
    throw new BadCron(
      `"${expression}" has ${texts.length} fields; five are needed: minute, hour, day of month, month, day of week`,
    );
  }
  const sets = FIELDS.map((field, index) => parseField(texts[index]!, field));
  const [minutes, hours, daysOfMonth, months, weekdays] = sets as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ];
  if (weekdays.delete(7)) weekdays.add(0);
  const cron: Cron = {
    minutes,
    hours,
    daysOfMonth,
    months,
    daysOfWeek: weekdays,
    eitherDay: !texts[2]!.startsWith('*') && !texts[4]!.startsWith('*'),
    everySoOften: texts[1]!.startsWith('*'),
  };
  refuseNever(expression, cron, texts[4]!);
  return cron;
}

const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** `0 0 31 2 *` would wait for ever. */
function refuseNever(expression: string, cron: Cron, weekdayText: string): void {
  if (!weekdayText.startsWith('*')) return;
  const possible = [...cron.months].some((month) =>
    [...cron.daysOfMonth].some((day) => day <= LONGEST[month - 1]!),
  );
  if (!possible) throw new BadCron(`"${expression}" never comes: no such day in such a month`);
}

function parseField(text: string, field: Field): Set<number> {
  const values = new Set<number>();
  for (const part of text.split(',')) for (const value of parsePart(part, field)) values.add(value);
  return values;
}

function parsePart(part: string, field: Field): number[] {
  const match = /^(?:(\*)|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/(\d+))?$/i.exec(part);
  if (!match)
    throw new BadCron(`${field.name}: "${part}" is not a number, a range a-b, a step */n or a list of them`);
  const [, star, from, to, step] = match;
  const first = star ? field.least : numberOf(from!, field);
  // `5/15` means from 5 to the end in steps, as most crons read it.
  const last = to !== undefined ? numberOf(to, field) : star || step !== undefined ? lastOf(field) : first;
  const by = step === undefined ? 1 : Number(step);
  if (by < 1 || by > field.most)
    throw new BadCron(`${field.name}: step ${step} in "${part}" is not between 1 and ${field.most}`);
  if (first > last) throw new BadCron(`${field.name}: the range "${part}" runs backwards`);
  const values: number[] = [];
  for (let value = first; value <= last; value += by) values.push(value);
  return values;
}

function lastOf(field: Field): number {
  return field.name === 'day of week' ? 6 : field.most;
}

function numberOf(text: string, field: Field): number {
  const named = field.names?.indexOf(text.toLowerCase()) ?? -1;
  const value =
    named >= 0 ? named + (field.least === 1 ? 1 : 0) : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= field.least && value <= field.most) return value;
  throw new BadCron(`${field.name}: ${text} is not between ${field.least} and ${field.most}`);
}
