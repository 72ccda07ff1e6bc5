import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { CallOf, Transfer } from '#contract';
import { call } from '../../api/call.ts';
import { byId, type Filters, named, oneOf } from '../../filters/address-filters.ts';
import { ExportMenu } from '../../filters/export-menu.tsx';
import { FilterBar } from '../../filters/filter-bar.tsx';
import { ListCount } from '../../filters/list-count.tsx';
import { NoMatch } from '../../filters/no-match.tsx';
import { RoutePartnersProvider } from '../../filters/route-partners.tsx';
import { SearchBox } from '../../filters/search-box.tsx';
import { TEXT_RULES } from '../../filters/search-text.ts';
import { rangeRules, SINCE_UNTIL } from '../../filters/time-range.ts';
import { untilRow } from '../../filters/until-row.ts';
import { askedOf, useAsked, useListFilters } from '../../filters/use-list-filters.ts';
import { useTimeZone } from '../../look/zone.tsx';
import { useMay } from '../../session/me.ts';
import { BigTable, useCursorList } from '../../ui/big-table/index.ts';
import { EmptyState, Page } from '../../ui/page.tsx';
import { FILTER_STATES } from '../runs/run/transfer-filter.ts';
import { TRANSFER_COLUMNS, TROUBLE_COLUMNS, type TransferColumn } from './transfers-page-columns.tsx';

const RULES = [
  oneOf('state', 'State', FILTER_STATES),
  named('partner', 'Partner'),
  named('route', 'Route'),
  named('endpoint', 'Endpoint'),
  byId('runId', 'Run'),
  ...TEXT_RULES,
  ...rangeRules(SINCE_UNTIL),
];

type Query = NonNullable<NonNullable<CallOf<'listTransfers'>>['query']>;

/** Read from the address by rules that let through what the contract takes. */
const queryOf = (asked: Filters) => asked as Query;
const idOf = ({ id }: Transfer) => id;

export function TransfersPage() {
  const filters = useListFilters(RULES);
  const zone = useTimeZone();
  const asked = useAsked(filters.filters, SINCE_UNTIL);
  const list = useCursorList<Transfer>({
    queryKey: ['listTransfers', asked],
    read: (paging) => call('listTransfers', { query: { ...queryOf(asked), ...paging } }),
    rowKey: idOf,
  });
  const inTrouble = asked['state'] === 'failed' || asked['state'] === 'held';
  const first = list.rowAt(0)?.createdAt;
  const shownRows = useMemo(() => untilRow(asked, SINCE_UNTIL, first), [asked, first]);
  const any = async (others: Filters) => {
    const query = { ...queryOf(askedOf(others, SINCE_UNTIL, zone)), limit: 1 };
    return (await call('listTransfers', { query })).items.length > 0;
  };
  return (
    <Page title="Transfers">
      <FilterBar list={filters} names={SINCE_UNTIL}>
        <SearchBox filters={filters.filters} change={filters.change} />
      </FilterBar>
      <RoutePartnersProvider>
        <BigTable
          // Columns are chosen for each of the two.
          key={inTrouble ? 'trouble' : 'all'}
          id={inTrouble ? 'transfers-in-trouble' : 'transfers'}
          label="Transfers"
          columns={inTrouble ? TROUBLE_COLUMNS : TRANSFER_COLUMNS}
          list={list}
          href={hrefOf}
          tools={(shown) => (
            <>
              <ListCount list={list} one="transfer" />
              <ExportMenu
                operation="exportTransfers"
                asked={asked}
                columns={shown.flatMap((column) => (column as TransferColumn).exported)}
                rows={{ count: list.count, asked: shownRows, hasMore: list.hasMore || list.isCut }}
              />
            </>
          )}
          empty={
            Object.keys(filters.filters).length > 0 ? (
              <NoMatch what="transfers" list={filters} operation="listTransfers" any={any} />
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
    <EmptyState title="No file was moved yet.">
      <p>Each file that a route moves stands here, with what proves it.</p>
      <Link to="/routes">{may('triggerRun') ? 'Run a route now' : 'To the routes'}</Link>
    </EmptyState>
  );
}

const hrefOf = ({ id }: Transfer) => `/transfers/${id}`;
