import type { Filters } from './address-filters.ts';
import type { RangeNames } from './time-range.ts';

/** The filters up to the newest row that is shown: what came since is not among them. Moments are told in whole milliseconds. */
export function untilRow(asked: Filters, names: RangeNames, newest: string | undefined): Filters {
  if (newest === undefined) return asked;
  return { ...asked, [names.until]: new Date(Date.parse(newest) + 1).toISOString() };
}
