import { zoneOffsetMs } from '../ui/zone-offset.ts';
import type { Address, FilterRule } from './address-filters.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The exchange of a night begins in the evening before. */
const NIGHT_BEGINS = 18;

export const PRESETS = {
  '1h': { title: 'Last hour', hours: 1 },
  tonight: { title: 'Tonight', hours: 0 },
  '24h': { title: 'Last 24 hours', hours: 24 },
  '7d': { title: 'Last 7 days', hours: 7 * 24 },
  '30d': { title: 'Last 30 days', hours: 30 * 24 },
} as const;
export type PresetId = keyof typeof PRESETS;

/** A preset moves with the clock; since and until are moments that stay. Without any of them: all there is. */
export interface TimeRange {
  preset?: PresetId | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

/** What the address calls it; `from` and `to` where the api does. */
export interface RangeNames {
  since: string;
  until: string;
}
export const SINCE_UNTIL: RangeNames = { since: 'since', until: 'until' };
export const FROM_TO: RangeNames = { since: 'from', until: 'to' };

export function rangeRules(names: RangeNames): readonly FilterRule[] {
  return [
    { name: 'time', title: 'Time', takes: isPreset, quiet: true },
    { name: names.since, title: 'From', takes: isMoment, quiet: true },
    { name: names.until, title: 'To', takes: isMoment, quiet: true },
  ];
}

/** A preset goes before moments: who chose it last wins, and the chooser writes only one of them. */
export function readRange(filters: Address, names: RangeNames): TimeRange {
  const { time } = filters;
  if (time !== undefined && isPreset(time)) return { preset: time };
  return { since: filters[names.since], until: filters[names.until] };
}

export function writeRange({ preset, since, until }: TimeRange, names: RangeNames): Address {
  return preset
    ? { time: preset, [names.since]: undefined, [names.until]: undefined }
    : { time: undefined, [names.since]: since, [names.until]: until };
}

/** The moments that the api is asked for. */
export function resolveRange(
  range: TimeRange,
  now: Date,
  zone: string,
): { since?: string | undefined; until?: string | undefined } {
  if (!range.preset) return { since: range.since, until: range.until };
  if (range.preset === 'tonight') return { since: nightBegin(now, zone).toISOString() };
  return { since: new Date(now.getTime() - PRESETS[range.preset].hours * HOUR_MS).toISOString() };
}

/** The last evening hour that has come, by the zone's clock. */
function nightBegin(now: Date, zone: string): Date {
  const local = new Date(now.getTime() + zoneOffsetMs(now, zone));
  const evening = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate(), NIGHT_BEGINS);
  return fromWallClock(evening > local.getTime() ? evening - DAY_MS : evening, zone);
}

/** `2026-11-21T18:00` on the zone's clock, as an instant. undefined for what is no moment. */
export function instantOf(local: string, zone: string): string | undefined {
  const wall = Date.parse(`${local}Z`);
  return Number.isNaN(wall) ? undefined : fromWallClock(wall, zone).toISOString();
}

/** For a field of the browser: `2026-11-21T18:00`, to the minute. */
export function localTextOf(instant: string | undefined, zone: string): string {
  if (instant === undefined) return '';
  const at = new Date(instant);
  return new Date(at.getTime() + zoneOffsetMs(at, zone)).toISOString().slice(0, 16);
}

/** Twice: the offset is that of the moment looked for, which is near the first guess. */
function fromWallClock(wall: number, zone: string): Date {
  const guess = wall - zoneOffsetMs(new Date(wall), zone);
  return new Date(wall - zoneOffsetMs(new Date(guess), zone));
}

function isPreset(value: string): value is PresetId {
  return Object.hasOwn(PRESETS, value);
}

/** An instant with its offset, or a day in UTC: as the contract has it. */
function isMoment(value: string): boolean {
  const form = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/;
  return form.test(value) && !Number.isNaN(Date.parse(value)) && value >= '1970';
}
