import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { useTimeZone } from '../look/zone.tsx';
import {
  type Address,
  changeAddress,
  type FilterRule,
  type Filters,
  readFilters,
} from './address-filters.ts';
import { type RangeNames, readRange, resolveRange } from './time-range.ts';

export interface ListFilters {
  rules: readonly FilterRule[];
  filters: Filters;
  ignored: readonly { name: string; value: string }[];
  /** undefined takes one out. `typing` leaves no trace in the history of the browser. */
  change(changes: Address, how?: { typing?: boolean }): void;
  clear(): void;
}

/** @param others names in the address that belong to other parts of the page; both lists from outside of the component */
export function useListFilters(
  rules: readonly FilterRule[],
  others: readonly string[] = NO_OTHERS,
): ListFilters {
  const address = useSearch({ strict: false }) as Address;
  const navigate = useNavigate();
  const { filters, ignored } = useMemo(() => readFilters(address, rules, others), [address, rules, others]);
  const change: ListFilters['change'] = (changes, { typing = false } = {}) => {
    void navigate({
      to: '.',
      search: (before: Address) => changeAddress(before, changes, ignored),
      replace: typing,
      resetScroll: false,
    });
  };
  return {
    rules,
    filters,
    ignored,
    change,
    clear: () => change(Object.fromEntries(rules.map(({ name }) => [name, undefined]))),
  };
}
const NO_OTHERS: readonly string[] = [];

/** A preset means the same moments for so long: who goes to an object and comes back finds the list as he left it. */
const STEADY_MS = 5 * 60_000;
const resolved = new Map<string, { at: number; range: { since?: string | undefined } }>();

/** What the api is asked for: the filters, and moments in place of a preset. The same object as long as they are the same. */
export function useAsked(filters: Filters, names: RangeNames): Filters {
  const zone = useTimeZone();
  // A page that was left open over night begins anew when somebody looks at it.
  const [seenAt, setSeenAt] = useState(0);
  useEffect(() => {
    const look = () => document.visibilityState === 'visible' && setSeenAt(Date.now());
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the moment decides whether a preset is resolved anew
  return useMemo(() => askedOf(filters, names, zone), [filters, names, zone, seenAt]);
}

export function askedOf(filters: Filters, names: RangeNames, zone: string): Filters {
  const { time: _, [names.since]: _since, [names.until]: _until, ...others } = filters;
  const range = readRange(filters, names);
  const { since, until } = range.preset ? steady(range.preset, zone) : resolveRange(range, new Date(), zone);
  return {
    ...others,
    ...(since !== undefined && { [names.since]: since }),
    ...(until !== undefined && { [names.until]: until }),
  };
}

function steady(
  preset: NonNullable<ReturnType<typeof readRange>['preset']>,
  zone: string,
): { since?: string | undefined; until?: string | undefined } {
  const key = `${preset} ${zone}`;
  const known = resolved.get(key);
  if (known && Date.now() - known.at < STEADY_MS) return known.range;
  const range = resolveRange({ preset }, new Date(), zone);
  resolved.set(key, { at: Date.now(), range });
  return range;
}
