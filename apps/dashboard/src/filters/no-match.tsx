import { useQueries } from '@tanstack/react-query';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/page.tsx';
import { visibleText } from '../ui/visible-text.ts';
import { type FilterRule, type Filters, sayValue } from './address-filters.ts';
import styles from './filters.module.css';
import { PRESETS, type PresetId } from './time-range.ts';
import type { ListFilters } from './use-list-filters.ts';

interface NoMatchProps {
  /** `transfers` */
  what: string;
  list: ListFilters;
  /** The key of the list's query begins with it. */
  operation: string;
  /** Whether there is anything with these filters. */
  any(filters: Filters): Promise<boolean>;
}

/** Nothing matches: says which filter is one too many, by looking what there is without each. */
export function NoMatch({ what, list, operation, any }: NoMatchProps) {
  const { filters, rules, change, clear } = list;
  const set = rules.filter(({ name }) => filters[name] !== undefined);
  const looks = useQueries({
    queries: set.map(({ name }) => ({
      queryKey: [operation, 'without', name, filters],
      queryFn: () => any(without(filters, name)),
      staleTime: 30_000,
      enabled: set.length > 1,
    })),
  });
  const helps = set.filter((_, index) => looks[index]?.data);
  return (
    <EmptyState title={`No ${what} match.`}>
      <p>
        {sayWhy(
          set,
          helps.length,
          looks.every(({ isFetching }) => !isFetching),
          filters,
        )}
      </p>
      <div className={styles['drops']}>
        {helps.map((rule) => (
          <Button key={rule.name} onClick={() => change({ [rule.name]: undefined })}>
            Without {sayRule(rule, filters)}
          </Button>
        ))}
        <Button look={helps.length > 0 ? 'quiet' : 'plain'} onClick={clear}>
          Clear all filters
        </Button>
      </div>
    </EmptyState>
  );
}

function sayWhy(set: readonly FilterRule[], helping: number, isKnown: boolean, filters: Filters): string {
  const [only] = set;
  if (set.length === 1 && only) return `There is nothing with ${sayRule(only, filters)}.`;
  if (!isKnown) return 'Looking which filter is one too many …';
  return helping > 0
    ? 'There are some without one of the filters:'
    : 'Not even without one of the filters: they have to be cleared together.';
}

function sayRule(rule: FilterRule, filters: Filters): string {
  return `${rule.title.toLowerCase()} “${sayFilter(rule, filters[rule.name]!)}”`;
}

function without(filters: Filters, name: string): Filters {
  return Object.fromEntries(Object.entries(filters).filter(([other]) => other !== name));
}

function sayFilter(rule: FilterRule, value: string): string {
  if (rule.name === 'time') return PRESETS[value as PresetId].title;
  return visibleText(sayValue(rule, value)).slice(0, 60);
}
