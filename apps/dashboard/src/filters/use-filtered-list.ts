import { useMemo } from 'react';
import type { ListId } from '#contract';
import { useTimeZone } from '../look/zone.tsx';
import { type CursorList, type ListAnswer, useCursorList } from '../ui/big-table/index.ts';
import type { FilterRule, Filters } from './address-filters.ts';
import type { RangeNames } from './time-range.ts';
import { untilRow } from './until-row.ts';
import { askedOf, type ListFilters, useAsked, useListFilters } from './use-list-filters.ts';

interface FilteredListOptions<Row> {
  operation: ListId;
  rules: readonly FilterRule[];
  /** Names in the address that belong to other parts of the page. */
  others?: readonly string[];
  names: RangeNames;
  read(asked: Filters, paging: { limit: number; cursor?: string }): Promise<ListAnswer<Row>>;
  rowKey(row: Row): string;
  /** The list is in the order of it, and narrowed by it. */
  momentOf(row: Row): string;
}

export interface FilteredList<Row> {
  operation: ListId;
  filters: ListFilters;
  /** As the api was asked. */
  asked: Filters;
  list: CursorList<Row>;
  /** The same, up to the newest row that is shown. */
  shownRows: Filters;
  /** Whether there is anything with these filters. */
  any(filters: Filters): Promise<boolean>;
}

/** A list that is narrowed by what stands in the address. All that is given comes from outside of the component. */
export function useFilteredList<Row>({
  operation,
  rules,
  others,
  names,
  read,
  rowKey,
  momentOf,
}: FilteredListOptions<Row>): FilteredList<Row> {
  const filters = useListFilters(rules, others);
  const zone = useTimeZone();
  const asked = useAsked(filters.filters, names);
  const list = useCursorList<Row>({
    queryKey: [operation, asked],
    read: (paging) => read(asked, paging),
    rowKey,
  });
  const first = list.rowAt(0);
  const newest = first && momentOf(first);
  const shownRows = useMemo(() => untilRow(asked, names, newest), [asked, names, newest]);
  const any = async (wanted: Filters) =>
    (await read(askedOf(wanted, names, zone), { limit: 1 })).items.length > 0;
  return { operation, filters, asked, list, shownRows, any };
}
