import { offsetText } from './zone-offset.ts';

/** `02:15:03` today, `20 Nov 02:15` on another day, with the year in another year: in the given IANA zone. */
export function shortMoment(at: Date, zone: string, now: Date): string {
  const [day, today] = [partsOf(at, zone), partsOf(now, zone)];
  const time = `${day.hour}:${day.minute}`;
  if (day.year !== today.year) return `${day.day} ${day.month} ${day.year} ${time}`;
  if (day.month !== today.month || day.day !== today.day) return `${day.day} ${day.month} ${time}`;
  return `${time}:${day.second}`;
}

/** `Fri 20 Nov 2026 02:15:03.120 Europe/London (UTC+00:00)`: nothing left to guess. */
export function exactMoment(at: Date, zone: string): string {
  const { weekday, day, month, year, hour, minute, second } = partsOf(at, zone);
  const milliseconds = String(at.getUTCMilliseconds()).padStart(3, '0');
  const offset = zone === 'UTC' ? '' : ` (${offsetText(at, zone)})`;
  return `${weekday} ${day} ${month} ${year} ${hour}:${minute}:${second}.${milliseconds} ${zone}${offset}`;
}

const STEPS = [
  [60, 'second'],
  [60, 'minute'],
  [24, 'hour'],
  [Number.POSITIVE_INFINITY, 'day'],
] as const;
const relatives = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });

/** `12 sec. ago`, `in 3 hr.`; `now` within a second. */
export function relativeMoment(at: Date, now: Date): string {
  let amount = (at.getTime() - now.getTime()) / 1_000;
  if (Math.abs(amount) < 1) return 'now';
  for (const [next, unit] of STEPS) {
    if (Math.abs(amount) < next) return relatives.format(Math.trunc(amount), unit);
    amount /= next;
  }
  return '';
}

type Part = 'weekday' | 'day' | 'month' | 'year' | 'hour' | 'minute' | 'second';
const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format costs a thousand times more than using it. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(zone, format);
  }
  return format;
}

function partsOf(at: Date, zone: string): Record<Part, string> {
  const parts = formatOf(zone).formatToParts(at);
  return Object.fromEntries(parts.map(({ type, value }) => [type, value])) as Record<Part, string>;
}
