const formats = new Map<string, Intl.DateTimeFormat | null>();

/** All that the browser knows, the reader's own first. */
export function zoneNames(): string[] {
  const own = ownZone();
  const known = Intl.supportedValuesOf('timeZone').filter((name) => name !== own && name !== 'UTC');
  return [...new Set([own, 'UTC']), ...known];
}

export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export function isZone(name: string): boolean {
  // An offset is a zone for browsers, and none for a schedule.
  return /^[A-Za-z]/.test(name) && formatIn(name) !== null;
}

/** `22:05 UTC+01:00` */
export function clockIn(zone: string, now: Date): string {
  const format = formatIn(zone);
  if (!format) return '';
  const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
  const offset = (parts['timeZoneName'] ?? '').replace(/^GMT$/, 'GMT+00:00').replace('GMT', 'UTC');
  return `${parts['hour']}:${parts['minute']} ${offset}`;
}

function formatIn(zone: string): Intl.DateTimeFormat | null {
  let format = formats.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat('en-GB', {
        timeZone: zone,
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
        timeZoneName: 'longOffset',
      });
    } catch {
      format = null;
    }
    formats.set(zone, format);
  }
  return format;
}
