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
import { ExportMenu } from '../../filters/export-menu.tsx';
import { FilterBar } from '../../filters/filter-bar.tsx';
import { ListCount } from '../../filters/list-count.tsx';
import { NoMatch } from '../../filters/no-match.tsx';
import { FROM_TO, rangeRules } from '../../filters/time-range.ts';
import { untilRow } from '../../filters/until-row.ts';
import { askedOf, useAsked, useListFilters } from '../../filters/use-list-filters.ts';
import { useTimeZone } from '../../look/zone.tsx';
import { BigTable, useCursorList } from '../../ui/big-table/index.ts';
import { EmptyState, Page } from '../../ui/page.tsx';
import { REFUSED_COLUMNS, TLS_COLUMNS, type TlsColumn } from './tls-columns.tsx';
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

/** Read from the address by rules that let through what the contract takes. */
const queryOf = (asked: Filters) => asked as Query;
const idOf = ({ id }: TlsNegotiation) => id;

export function TlsPage() {
  const address = useSearch({ strict: false }) as Address;
  const filters = useListFilters(RULES, OTHERS);
  const { change } = filters;
  const zone = useTimeZone();
  const asked = useAsked(filters.filters, FROM_TO);
  const summary = useTlsSummary(asked);
  const list = useCursorList<TlsNegotiation>({
    queryKey: ['listTlsNegotiations', asked],
    read: (paging) => call('listTlsNegotiations', { query: { ...queryOf(asked), ...paging } }),
    rowKey: idOf,
  });
  const first = list.rowAt(0)?.startedAt;
  const shownRows = useMemo(() => untilRow(asked, FROM_TO, first), [asked, first]);
  const any = async (others: Filters) => {
    const query = { ...queryOf(askedOf(others, FROM_TO, zone)), limit: 1 };
    return (await call('listTlsNegotiations', { query })).items.length > 0;
  };
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
      <BigTable
        // Columns are chosen for each of the two.
        key={areRefused ? 'refused' : 'all'}
        id={areRefused ? 'tls-refused' : 'tls'}
        label="TLS handshakes"
        columns={areRefused ? REFUSED_COLUMNS : TLS_COLUMNS}
        list={list}
        href={href}
        tools={(shown) => (
          <>
            <ListCount list={list} one="handshake" />
            <ExportMenu
              operation="exportTlsNegotiations"
              asked={asked}
              columns={shown.flatMap((column) => (column as TlsColumn).exported)}
              rows={{ count: list.count, asked: shownRows, hasMore: list.hasMore || list.isCut }}
            />
          </>
        )}
        empty={
          Object.keys(filters.filters).length > 0 ? (
            <NoMatch what="handshakes" list={filters} operation="listTlsNegotiations" any={any} />
          ) : (
            <EmptyState title="No TLS connection was made yet.">
              <p>Each handshake with a partner stands here, accepted or refused.</p>
              <Link to="/endpoints">To the endpoints</Link>
            </EmptyState>
          )
        }
      />
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
