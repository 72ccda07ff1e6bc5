const MINUTE_MS = 60_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format costs a thousand times more than using it. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  return format;
}

/** `UTC+01:00`: how far the zone's clock is ahead at that moment. */
export function offsetText(at: Date, zone: string): string {
  const said = formatOf(zone)
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName')?.value;
  return (said ?? '').replace(/^GMT$/, 'GMT+00:00').replace('GMT', 'UTC');
}

/** The same as a number. */
export function zoneOffsetMs(at: Date, zone: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^UTC([+-])(\d\d):(\d\d)/.exec(offsetText(at, zone)) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
}
