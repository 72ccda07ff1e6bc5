/** What a run's names are made from: the same however often the run is tried. */
export interface RunMoment {
  /** When the run was due; without a schedule, when it was asked for. */
  dueAt: Date;
  /** The zone of the route's schedule; UTC without one. */
  timezone: string;
}

/** `{date}` 20261121 and `{time}` 021500: ISO 8601 without marks that a file system would refuse. */
export function momentParts({ dueAt, timezone }: RunMoment): Record<string, string> {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(dueAt);
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? '';
  return {
    date: `${of('year').padStart(4, '0')}${of('month')}${of('day')}`,
    time: `${of('hour')}${of('minute')}${of('second')}`,
  };
}
