/** What the clock of a zone shows at this moment, with its offset: `2026-11-23T02:15+00:00`. */
export function localTimeOf(moment: Date, timezone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(moment.getTime())
    .toZonedDateTimeISO(timezone)
    .toString({ smallestUnit: 'minute', timeZoneName: 'never' });
}
