import { LONGEST_MONTHS, type ReadCron } from './read-cron.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
/** More moments or dates than this are told by a rule and not one by one. */
const MOST_TIMES = 6;
const MOST_DATES = 4;

/**
 * A schedule as one would say it: `Mon-Fri 02:15`, `Every 5 minutes from 08:00 to 17:55, Mon-Fri`. Nothing is left out: two
 * schedules that differ are told differently.
 */
export function cronWords(cron: ReadCron): string {
  const { often, text } = timeWords(cron);
  const days = dayWords(cron);
  if (often) return days === '' ? text : `${text}, ${days.replace(/^On /, 'on ').replace(/^In /, 'in ')}`;
  if (days === '') return `Every day ${text}`;
  if (days.startsWith('In ')) return `Every day ${days.replace(/^In /, 'in ')} at ${text}`;
  return `${days}${/^On |\bin /.test(days) ? ' at' : ''} ${text}`;
}

function timeWords({ minutes, hours }: ReadCron): { often: boolean; text: string } {
  const every = stepThrough(minutes, 60, 2);
  const count = minutes.length * hours.length;
  if (count <= (every ? MOST_DATES : MOST_TIMES))
    return {
      often: false,
      text: listed(hours.flatMap((hour) => minutes.map((minute) => clock(hour, minute)))),
    };
  const often = (text: string) => ({ often: true, text });
  const first = clock(hours[0]!, minutes[0]!);
  const last = clock(hours.at(-1)!, minutes.at(-1)!);
  const inHours = `in the hours ${ranges(hours, two)}`;
  if (every) {
    const said = every === 1 ? 'Every minute' : `Every ${every} minutes`;
    const from = minutes[0] === 0 ? '' : ` from ${past(minutes[0]!)}`;
    if (hours.length === 24) return often(`${said}${from}`);
    if (isRun(hours)) return often(`${said} from ${first} to ${last}`);
    return often(`${said}${from} ${inHours}`);
  }
  const at = ranges(minutes, past);
  const everyHours = stepThrough(hours, 24, 3);
  if (everyHours) {
    const said = everyHours === 1 ? 'Every hour' : `Every ${everyHours} hours`;
    if (minutes.length === 1 && hours[0]! > 0) return often(`${said} from ${first}`);
    const from = hours[0] === 0 ? '' : ` from ${two(hours[0]!)}`;
    return often(minutes.length === 1 && minutes[0] === 0 ? `${said}${from}` : `${said}${from} at ${at}`);
  }
  if (isRun(hours) && hours.length > 2)
    return often(
      minutes.length === 1
        ? `Every hour from ${first} to ${last}`
        : `Every hour from ${two(hours[0]!)} to ${two(hours.at(-1)!)} at ${at}`,
    );
  return often(`At ${at} ${inHours}`);
}

function dayWords({ daysOfMonth, months, daysOfWeek, eitherDay }: ReadCron): string {
  const anyDate = daysOfMonth.length === 31;
  const anyWeekday = daysOfWeek.length === 7;
  const inMonths = months.length === 12 ? '' : ` in ${ranges(months, (month) => MONTHS[month - 1]!)}`;
  const dates = `the ${ranges(daysOfMonth, ordinal)}`;
  if ((anyDate && anyWeekday) || (eitherDay && (anyDate || anyWeekday)))
    return inMonths.replace(/^ in/, 'In');
  if (anyDate) return `${weekdays(daysOfWeek)}${inMonths}`;
  if (anyWeekday) {
    if (months.length === 1)
      return `On ${ranges(possible(daysOfMonth, months[0]!), String)} ${MONTHS[months[0]! - 1]}`;
    const named = months.flatMap((month) =>
      possible(daysOfMonth, month).map((day) => `${day} ${MONTHS[month - 1]}`),
    );
    if (inMonths !== '' && named.length <= MOST_DATES) return `On ${listed(named)}`;
    return `On ${dates}${inMonths || ' of each month'}`;
  }
  if (eitherDay) return `On ${dates} and every ${weekdays(daysOfWeek)}${inMonths}`;
  return `On ${weekdays(daysOfWeek)} where it is ${dates}${inMonths}`;
}

/** There is no 31 Apr. */
function possible(days: readonly number[], month: number): number[] {
  return days.filter((day) => day <= LONGEST_MONTHS[month - 1]!);
}

/** How far apart, where they go round the clock without a gap: 0, 20, 40 of 60. */
function stepThrough(values: readonly number[], round: number, least: number): number | undefined {
  const step = round / values.length;
  if (values.length < least || !Number.isInteger(step)) return undefined;
  return values.every((value, index) => value === values[0]! + index * step) ? step : undefined;
}

function isRun(values: readonly number[]): boolean {
  return values.every((value, index) => value === values[0]! + index);
}

/** The week begins on Monday. */
function weekdays(days: readonly number[]): string {
  const fromMonday = days.map((day) => (day + 6) % 7).sort((one, other) => one - other);
  return ranges(fromMonday, (day) => DAYS[(day + 1) % 7]!);
}

/** `1-3, 5`: from three on they are a range. */
function ranges(values: readonly number[], name: (value: number) => string): string {
  const parts: string[] = [];
  for (let at = 0; at < values.length; ) {
    let end = at;
    while (values[end + 1] === values[end]! + 1) end++;
    if (end - at >= 2) parts.push(`${name(values[at]!)}-${name(values[end]!)}`);
    else parts.push(...values.slice(at, end + 1).map(name));
    at = end + 1;
  }
  return parts.join(', ');
}

function listed(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}

const two = (value: number) => String(value).padStart(2, '0');
const clock = (hour: number, minute: number) => `${two(hour)}:${two(minute)}`;
const past = (minute: number) => `:${two(minute)}`;

function ordinal(day: number): string {
  const ending = day > 10 && day < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th');
  return `${day}${ending}`;
}

/** For whom cron is a foreign language. */
export const CRON_PRESETS = [
  { title: 'Every night', cron: '15 2 * * *' },
  { title: 'Working days', cron: '15 2 * * mon-fri' },
  { title: 'Every hour', cron: '0 * * * *' },
  { title: 'Every 15 minutes', cron: '*/15 * * * *' },
  { title: 'Every 15 minutes by day', cron: '*/15 7-18 * * mon-fri' },
  { title: 'Once a week', cron: '0 6 * * mon' },
  { title: 'First of the month', cron: '0 3 1 * *' },
] as const;
