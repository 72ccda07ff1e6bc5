import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { CallOf, Run } from '#contract';
import { call } from '../../api/call.ts';
import { type Filters, named, oneOf } from '../../filters/address-filters.ts';
import { ExportMenu } from '../../filters/export-menu.tsx';
import { FilterBar } from '../../filters/filter-bar.tsx';
import { ListCount } from '../../filters/list-count.tsx';
import { NoMatch } from '../../filters/no-match.tsx';
import { RoutePartnersProvider } from '../../filters/route-partners.tsx';
import { rangeRules, SINCE_UNTIL } from '../../filters/time-range.ts';
import { untilRow } from '../../filters/until-row.ts';
import { askedOf, useAsked, useListFilters } from '../../filters/use-list-filters.ts';
import { useTimeZone } from '../../look/zone.tsx';
import { useMay } from '../../session/me.ts';
import { BigTable, useCursorList } from '../../ui/big-table/index.ts';
import { EmptyState, Page } from '../../ui/page.tsx';
import { RUN_COLUMNS, type RunColumn, TROUBLE_COLUMNS } from './runs-page-columns.tsx';
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

/** Read from the address by rules that let through what the contract takes. */
const queryOf = (asked: Filters) => asked as Query;
const idOf = ({ id }: Run) => id;
const hrefOf = ({ id }: Run) => `/runs/${id}`;

export function RunsPage() {
  const filters = useListFilters(RULES);
  const zone = useTimeZone();
  const asked = useAsked(filters.filters, SINCE_UNTIL);
  const list = useCursorList<Run>({
    queryKey: ['listRuns', asked],
    read: (paging) => call('listRuns', { query: { ...queryOf(asked), ...paging } }),
    rowKey: idOf,
  });
  const inTrouble = TROUBLE.has(asked['state'] ?? '');
  const first = list.rowAt(0)?.createdAt;
  const shownRows = useMemo(() => untilRow(asked, SINCE_UNTIL, first), [asked, first]);
  const any = async (others: Filters) => {
    const query = { ...queryOf(askedOf(others, SINCE_UNTIL, zone)), limit: 1 };
    return (await call('listRuns', { query })).items.length > 0;
  };
  return (
    <Page title="Runs">
      <FilterBar list={filters} names={SINCE_UNTIL}>
        <RunSearch list={filters} />
      </FilterBar>
      <RoutePartnersProvider>
        <BigTable
          // Columns are chosen for each of the two.
          key={inTrouble ? 'trouble' : 'all'}
          id={inTrouble ? 'runs-in-trouble' : 'runs'}
          label="Runs"
          columns={inTrouble ? TROUBLE_COLUMNS : RUN_COLUMNS}
          list={list}
          href={hrefOf}
          tools={(shown) => (
            <>
              <ListCount list={list} one="run" />
              <ExportMenu
                operation="exportRuns"
                asked={asked}
                columns={shown.flatMap((column) => (column as RunColumn).exported)}
                rows={{ count: list.count, asked: shownRows, hasMore: list.hasMore || list.isCut }}
              />
            </>
          )}
          empty={
            Object.keys(filters.filters).length > 0 ? (
              <NoMatch what="runs" list={filters} operation="listRuns" any={any} />
            ) : (
              <NothingYet />
            )
          }
        />
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
