import { Link } from '@tanstack/react-router';
import type { CallOf, Transfer } from '#contract';
import { call } from '../../api/call.ts';
import { byId, type Filters, named, oneOf } from '../../filters/address-filters.ts';
import { FilterBar } from '../../filters/filter-bar.tsx';
import { FilteredTable } from '../../filters/filtered-table.tsx';
import { RoutePartnersProvider } from '../../filters/route-partners.tsx';
import { SearchBox } from '../../filters/search-box.tsx';
import { TEXT_RULES } from '../../filters/search-text.ts';
import { rangeRules, SINCE_UNTIL } from '../../filters/time-range.ts';
import { useFilteredList } from '../../filters/use-filtered-list.ts';
import { useMay } from '../../session/me.ts';
import { EmptyState, Page } from '../../ui/page.tsx';
import { FILTER_STATES } from '../runs/run/transfer-filter.ts';
import { TRANSFER_COLUMNS, TROUBLE_COLUMNS } from './transfers-page-columns.tsx';

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

const LIST = {
  operation: 'listTransfers',
  rules: RULES,
  names: SINCE_UNTIL,
  // Read from the address by rules that let through what the contract takes.
  read: (asked: Filters, paging: Query) =>
    call('listTransfers', { query: { ...(asked as Query), ...paging } }),
  rowKey: ({ id }: Transfer) => id,
  momentOf: ({ createdAt }: Transfer) => createdAt,
} as const;
const hrefOf = ({ id }: Transfer) => `/transfers/${id}`;

export function TransfersPage() {
  const rows = useFilteredList<Transfer>(LIST);
  const inTrouble = rows.asked['state'] === 'failed' || rows.asked['state'] === 'held';
  return (
    <Page title="Transfers">
      <FilterBar list={rows.filters} names={SINCE_UNTIL}>
        <SearchBox filters={rows.filters.filters} change={rows.filters.change} />
      </FilterBar>
      <RoutePartnersProvider>
        <FilteredTable
          rows={rows}
          id={inTrouble ? 'transfers-in-trouble' : 'transfers'}
          label="Transfers"
          one="transfer"
          columns={inTrouble ? TROUBLE_COLUMNS : TRANSFER_COLUMNS}
          exportedWith="exportTransfers"
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
    <EmptyState title="No file was moved yet.">
      <p>Each file that a route moves stands here, with what proves it.</p>
      <Link to="/routes">{may('triggerRun') ? 'Run a route now' : 'To the routes'}</Link>
    </EmptyState>
  );
}
