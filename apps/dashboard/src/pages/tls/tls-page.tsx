import { Link, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { CallOf, TlsNegotiation } from '#contract';
import { call } from '../../api/call.ts';
import {
  type Address,
  anyText,
  byId,
  changeAddress,
  type Filters,
  named,
  oneOf,
} from '../../filters/address-filters.ts';
import { FilterBar } from '../../filters/filter-bar.tsx';
import { FilteredTable } from '../../filters/filtered-table.tsx';
import { FROM_TO, rangeRules } from '../../filters/time-range.ts';
import { useFilteredList } from '../../filters/use-filtered-list.ts';
import { EmptyState, Page } from '../../ui/page.tsx';
import { REFUSED_COLUMNS, TLS_COLUMNS } from './tls-columns.tsx';
import { TlsDetails } from './tls-details.tsx';
import { TlsOverview, useTlsSummary } from './tls-overview.tsx';

const VERDICTS: Readonly<Record<TlsNegotiation['verdict'], true>> = {
  refused: true,
  unprotected: true,
  accepted: true,
};

const RULES = [
  named('partner', 'Partner'),
  named('endpoint', 'Endpoint'),
  { ...oneOf('verdict', 'Verdict', Object.keys(VERDICTS)), says: { unprotected: 'without TLS' } },
  anyText('version', 'Version', 40),
  anyText('cipher', 'Cipher', 100),
  oneOf('channel', 'Channel', ['control', 'data']),
  {
    ...oneOf('resumed', 'Resumed', ['true', 'false']),
    says: { true: 'yes', false: 'no, a full handshake' },
  },
  byId('runId', 'Run'),
  byId('attemptId', 'Attempt'),
  ...rangeRules(FROM_TO),
];
/** The handshake that is open, and how the chart is grouped. */
const OTHERS = ['id', 'at', 'by'];

type Query = NonNullable<NonNullable<CallOf<'listTlsNegotiations'>>['query']>;

const LIST = {
  operation: 'listTlsNegotiations',
  rules: RULES,
  others: OTHERS,
  names: FROM_TO,
  // Read from the address by rules that let through what the contract takes.
  read: (asked: Filters, paging: Query) =>
    call('listTlsNegotiations', { query: { ...(asked as Query), ...paging } }),
  rowKey: ({ id }: TlsNegotiation) => id,
  momentOf: ({ startedAt }: TlsNegotiation) => startedAt,
} as const;

export function TlsPage() {
  const address = useSearch({ strict: false }) as Address;
  const rows = useFilteredList<TlsNegotiation>(LIST);
  const { filters, asked } = rows;
  const { change } = filters;
  const summary = useTlsSummary(asked);
  const href = ({ id, startedAt }: TlsNegotiation) =>
    `/tls?${new URLSearchParams(changeAddress(address, { id, at: startedAt }))}`;
  const by = address['by'] === 'cipher' ? 'cipher' : 'version';
  const options = useMemo(() => {
    const series = summary.data?.series ?? [];
    const each = (of: 'version' | 'cipher') => [...new Set(series.flatMap((one) => one[of] ?? []))].sort();
    return { version: each('version'), cipher: each('cipher') };
  }, [summary.data]);
  const areRefused = asked['verdict'] === 'refused';
  const { id, at } = address;
  return (
    <Page title="TLS">
      <FilterBar list={filters} names={FROM_TO} options={options} />
      <TlsOverview
        query={summary}
        title={
          asked['from'] === undefined && asked['to'] === undefined ? 'Over the last 30 days' : 'Over time'
        }
        filters={filters.filters}
        by={by}
        onGroup={(chosen) => change({ by: chosen === 'version' ? undefined : chosen }, { typing: true })}
        onChoose={(chosen) => change({ ...chosen, ...('from' in chosen && { time: undefined }) })}
      />
      <FilteredTable
        rows={rows}
        id={areRefused ? 'tls-refused' : 'tls'}
        label="TLS handshakes"
        one="handshake"
        columns={areRefused ? REFUSED_COLUMNS : TLS_COLUMNS}
        exportedWith="exportTlsNegotiations"
        href={href}
      >
        <EmptyState title="No TLS connection was made yet.">
          <p>Each handshake with a partner stands here, accepted or refused.</p>
          <Link to="/endpoints">To the endpoints</Link>
        </EmptyState>
      </FilteredTable>
      {id !== undefined && at !== undefined && !Number.isNaN(Date.parse(at)) && (
        <TlsDetails
          id={id}
          at={at}
          onClose={() => change({ id: undefined, at: undefined })}
          onShow={(negotiation) => change({ id: negotiation.id, at: negotiation.startedAt })}
        />
      )}
    </Page>
  );
}
