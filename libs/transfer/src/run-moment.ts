import type { RunParameters } from '#domain';

/** What a run's files and names are chosen by: the same however often the run is tried. */
export interface RunMoment {
  /** When the run was due; without a schedule, when it was asked for. */
  dueAt: Date;
  /** The zone of the route's schedule; UTC without one. */
  timezone: string;
  /** Checked by whoever took the run. */
  parameters?: RunParameters | undefined;
  /** Only these of what the route selects, by their paths below `source.path`. */
  files?: readonly string[] | undefined;
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
