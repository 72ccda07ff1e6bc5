import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { namesOf, readAll } from '../api/read-all.ts';
import { countOf } from '../ui/amounts.ts';
import { Button } from '../ui/button.tsx';
import { joinClasses } from '../ui/join-classes.ts';
import { visibleText } from '../ui/visible-text.ts';
import { type FilterRule, sayValue } from './address-filters.ts';
import { FilterPill, FixedPill } from './filter-pill.tsx';
import styles from './filters.module.css';
import { TEXT_FILTERS } from './search-text.ts';
import { type RangeNames, readRange, writeRange } from './time-range.ts';
import { TimeRangeChooser } from './time-range-chooser.tsx';
import type { ListFilters } from './use-list-filters.ts';

interface FilterBarProps {
  list: ListFilters;
  names: RangeNames;
  /** Where no time is chosen. */
  anyTime?: string;
  /** What a filter can be that only the data tell, by its name. */
  options?: Readonly<Record<string, readonly string[]>>;
  /** The search, where the list has one. */
  children?: ReactNode;
}

/** What a list is narrowed by: search, one pill a filter, time, and the way back to all of it. */
export function FilterBar({ list, names, anyTime, options = {}, children }: FilterBarProps) {
  const { rules, filters, ignored, change, clear } = list;
  const [unfolded, setUnfolded] = useState(false);
  const apart = new Set<string>([...TEXT_FILTERS, 'time', names.since, names.until]);
  const pills = rules.filter(
    ({ name, quiet }) => !apart.has(name) && (!quiet || filters[name] !== undefined),
  );
  const isNarrowed = Object.keys(filters).length > 0;
  const left = pills.filter(({ name }) => filters[name] === undefined).length;
  return (
    <div className={styles['bar']}>
      <div className={styles['line']}>
        {children}
        <div className={joinClasses(styles['pills'], !unfolded && styles['folded'])}>
          <TimeRangeChooser
            range={readRange(filters, names)}
            onChange={(range) => change(writeRange(range, names))}
            {...(anyTime !== undefined && { otherwise: anyTime })}
          />
          {pills.map((rule) => (
            <RulePill
              key={rule.name}
              rule={rule}
              value={filters[rule.name]}
              options={options[rule.name]}
              onChange={(value) => change({ [rule.name]: value })}
            />
          ))}
          {left > 0 && (
            <Button
              className={styles['more']}
              aria-expanded={unfolded}
              onClick={() => setUnfolded(!unfolded)}
            >
              {unfolded ? 'Fewer filters' : countOf(left, 'more filter')}
            </Button>
          )}
          {isNarrowed && (
            <Button look="quiet" onClick={clear}>
              Clear
            </Button>
          )}
        </div>
      </div>
      {ignored.length > 0 && (
        <p role="status" className={styles['ignored']}>
          Left out, as nothing is known of it:{' '}
          {ignored
            .map(({ name, value }) => `${visibleText(name)}=${visibleText(value)}`.slice(0, 120))
            .join(', ')}
        </p>
      )}
    </div>
  );
}

interface RulePillProps {
  rule: FilterRule;
  value: string | undefined;
  options: readonly string[] | undefined;
  onChange(value: string | undefined): void;
}

function RulePill({ rule, value, options, onChange }: RulePillProps) {
  const { name, title, values, quiet } = rule;
  if (quiet) {
    return (
      <FixedPill title={title} value={(value ?? '').slice(0, 8)} onTakeOut={() => onChange(undefined)} />
    );
  }
  if (values)
    return (
      <FilterPill {...{ title, value, onChange }} options={values} show={(each) => sayValue(rule, each)} />
    );
  if (!isListed(name)) return <FilterPill {...{ title, value, options, onChange }} />;
  return <NamedPill {...{ title, value, onChange }} list={LISTS[name]} />;
}

const LISTS = { partner: 'listPartners', route: 'listRoutes', endpoint: 'listEndpoints' } as const;

const isListed = (name: string): name is keyof typeof LISTS => Object.hasOwn(LISTS, name);

function NamedPill({
  list,
  ...pill
}: {
  list: (typeof LISTS)[keyof typeof LISTS];
  title: string;
  value: string | undefined;
  onChange(value: string | undefined): void;
}) {
  const { data } = useQuery({ ...readAll(list), staleTime: 60_000, select: namesOf });
  return <FilterPill {...pill} options={data} />;
}
