const LOCAL =
  /^(?<date>\d{4,}-\d{2}-\d{2})T(?<clock>\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(?<offset>Z|[+-]\d{2}:\d{2})?/;
const days = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});

/** `Mon 23 Nov 2026`, of what the clock in the zone of the schedule shows. */
export function fireDay(localTime: string): string {
  const { date } = LOCAL.exec(localTime)?.groups ?? {};
  if (date === undefined) return localTime;
  const parts = Object.fromEntries(
    days.formatToParts(new Date(`${date}T00:00:00Z`)).map(({ type, value }) => [type, value]),
  );
  return `${parts['weekday']} ${parts['day']} ${parts['month']} ${parts['year']}`;
}

/** `02:15 +01:00` */
export function fireClock(localTime: string): string {
  const { clock, offset } = LOCAL.exec(localTime)?.groups ?? {};
  if (clock === undefined) return '';
  return offset === undefined ? clock : `${clock} ${offset === 'Z' ? '+00:00' : offset}`;
}
