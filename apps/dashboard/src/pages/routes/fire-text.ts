const LOCAL =
  /^(?<date>\d{4,}-\d{2}-\d{2})T(?<clock>\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(?<offset>Z|[+-]\d{2}:\d{2})?/;
const days = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});

/** `Mon 23 Nov`, in another year with it: of what the clock in the zone of the schedule shows. */
export function fireDay(localTime: string, now: Date): string {
  const { date } = LOCAL.exec(localTime)?.groups ?? {};
  if (date === undefined) return localTime;
  const parts = Object.fromEntries(
    days.formatToParts(new Date(`${date}T00:00:00Z`)).map(({ type, value }) => [type, value]),
  );
  const year = parts['year'] === String(now.getUTCFullYear()) ? '' : ` ${parts['year']}`;
  return `${parts['weekday']} ${parts['day']} ${parts['month']}${year}`;
}

/** `02:15` and `+01:00`. */
export function fireClock(localTime: string): { clock: string; offset: string } {
  const { clock = '', offset = '' } = LOCAL.exec(localTime)?.groups ?? {};
  return { clock, offset: offset === 'Z' ? '+00:00' : offset };
}

const INSTANT = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g;

/** The instants in a sentence, apart from its words: they are shown on the reader's clock. */
export function splitInstants(text: string): { at: number; text: string; isInstant: boolean }[] {
  const parts: { at: number; text: string; isInstant: boolean }[] = [];
  let at = 0;
  for (const match of text.matchAll(INSTANT)) {
    if (match.index > at) parts.push({ at, text: text.slice(at, match.index), isInstant: false });
    parts.push({ at: match.index, text: match[0], isInstant: true });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ at, text: text.slice(at), isInstant: false });
  return parts;
}
