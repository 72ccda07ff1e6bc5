import { Link } from '@tanstack/react-router';
import type { CallOf, Run } from '#contract';
import { call } from '../../api/call.ts';
import { type Filters, named, oneOf } from '../../filters/address-filters.ts';
import { FilterBar } from '../../filters/filter-bar.tsx';
import { FilteredTable } from '../../filters/filtered-table.tsx';
import { RoutePartnersProvider } from '../../filters/route-partners.tsx';
import { rangeRules, SINCE_UNTIL } from '../../filters/time-range.ts';
import { useFilteredList } from '../../filters/use-filtered-list.ts';
import { useMay } from '../../session/me.ts';
import { EmptyState, Page } from '../../ui/page.tsx';
import { RUN_COLUMNS, TROUBLE_COLUMNS } from './runs-page-columns.tsx';
import { RunSearch } from './runs-page-search.tsx';

/** Trouble first. */
const STATES: Readonly<Record<Run['state'], true>> = {
  failed: true,
  held: true,
  partly_delivered: true,
  running: true,
  queued: true,
  delivered: true,
  cancelled: true,
};
const TROUBLE: ReadonlySet<string> = new Set<Run['state']>(['failed', 'held', 'partly_delivered']);
const TRIGGERS: Readonly<Record<Run['trigger'], true>> = { schedule: true, operator: true, api: true };

const RULES = [
  oneOf('state', 'State', Object.keys(STATES)),
  named('partner', 'Partner'),
  named('route', 'Route'),
  oneOf('trigger', 'Trigger', Object.keys(TRIGGERS)),
  ...rangeRules(SINCE_UNTIL),
];

type Query = NonNullable<NonNullable<CallOf<'listRuns'>>['query']>;

const LIST = {
  operation: 'listRuns',
  rules: RULES,
  names: SINCE_UNTIL,
  // Read from the address by rules that let through what the contract takes.
  read: (asked: Filters, paging: Query) => call('listRuns', { query: { ...(asked as Query), ...paging } }),
  rowKey: ({ id }: Run) => id,
  momentOf: ({ createdAt }: Run) => createdAt,
} as const;
const hrefOf = ({ id }: Run) => `/runs/${id}`;

export function RunsPage() {
  const rows = useFilteredList<Run>(LIST);
  const inTrouble = TROUBLE.has(rows.asked['state'] ?? '');
  return (
    <Page title="Runs">
      <FilterBar list={rows.filters} names={SINCE_UNTIL}>
        <RunSearch list={rows.filters} />
      </FilterBar>
      <RoutePartnersProvider>
        <FilteredTable
          rows={rows}
          id={inTrouble ? 'runs-in-trouble' : 'runs'}
          label="Runs"
          one="run"
          columns={inTrouble ? TROUBLE_COLUMNS : RUN_COLUMNS}
          exportedWith="exportRuns"
          href={hrefOf}
        >
          <NothingYet />
        </FilteredTable>
      </RoutePartnersProvider>
    </Page>
  );
}

function NothingYet() {
  const may = useMay();
  return (
    <EmptyState title="Nothing has run yet.">
      <p>A run begins when the schedule of a route is due, or when somebody asks for it.</p>
      <Link to="/routes">{may('triggerRun') ? 'Run a route now' : 'To the routes'}</Link>
    </EmptyState>
  );
}
