import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { readAll } from '../../api/read-all.ts';
import { AddressField } from '../../filters/address-field.tsx';
import { useMay } from '../../session/me.ts';
import { DaysBadge } from '../../tls-facts/days-badge.tsx';
import { countOf } from '../../ui/amounts.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { EmptyState, Page, Section } from '../../ui/page.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { type SimpleColumn, SimpleTable } from '../../ui/simple-table.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import { type PartnerSummary, summarise } from './partner-summary.ts';
import styles from './partners.module.css';
import { useExchange } from './use-exchange.ts';

/** Whom files are exchanged with, and whether that works. */
export function PartnersPage() {
  const { q = '' } = useSearch({ strict: false });
  const navigate = useNavigate({ from: '/partners' });
  const may = useMay();
  const partners = useQuery(readAll('listPartners'));
  const { known, isKnown, error } = useExchange();
  const add = may('createPartner') && (
    <Link to="/new/partner" className={buttonClass('primary')}>
      <Icon name="plus" /> New partner
    </Link>
  );
  return (
    <Page title="Partners" actions={add}>
      {error && <ProblemNotice error={error} what="Endpoints and routes could not be read" />}
      <Loaded query={partners} what="The partners could not be read" skeleton={<Skeleton height="20rem" />}>
        {(all) => {
          if (all.length === 0)
            return (
              <EmptyState title="There is no partner yet.">
                <p>A partner is somebody files are exchanged with. Endpoints and routes come after it.</p>
                {add}
              </EmptyState>
            );
          const shown = all.filter(({ name }) => name.toLowerCase().includes(q.trim().toLowerCase()));
          return (
            <Section title={countOf(all.length, 'partner')}>
              <search className={styles['filter']}>
                <AddressField
                  label="Search"
                  placeholder="Name"
                  value={q}
                  onChange={(text) => void navigate({ search: { q: text }, replace: true })}
                />
              </search>
              {shown.length === 0 ? (
                <EmptyState title="No partner is called like this.">
                  <Link to="/partners" search={{}}>
                    Show all partners
                  </Link>
                </EmptyState>
              ) : (
                <SimpleTable
                  caption="Partners"
                  columns={isKnown ? COLUMNS : COLUMNS_UNKNOWN}
                  rows={shown.map(({ name }) => summarise(name, known))}
                  rowKey={({ name }) => name}
                />
              )}
            </Section>
          );
        }}
      </Loaded>
    </Page>
  );
}

const COLUMNS: readonly SimpleColumn<PartnerSummary>[] = [
  {
    id: 'name',
    title: 'Name',
    main: true,
    cell: ({ name }) => (
      <Link to="/partners/$name" params={{ name }}>
        {name}
      </Link>
    ),
  },
  { id: 'state', title: 'State', cell: (partner) => <PartnerState partner={partner} /> },
  {
    id: 'endpoints',
    title: 'Endpoints',
    cell: ({ endpoints }) => <Names names={endpoints.map(({ name }) => name)} to="/endpoints/$name" />,
  },
  {
    id: 'routes',
    title: 'Routes',
    cell: ({ routes }) => <Names names={routes.map(({ name }) => name)} to="/routes/$name" />,
  },
  {
    id: 'certificate',
    title: 'Next certificate ends',
    cell: ({ daysLeft }) => (daysLeft === null ? '–' : <DaysBadge daysLeft={daysLeft} />),
  },
];

/** While the rest is read only the names are known. */
const COLUMNS_UNKNOWN = COLUMNS.map((column) =>
  column.main ? column : { ...column, cell: () => <span className={styles['muted']}>…</span> },
);

export function PartnerState({ partner: { endpoints, paused, failing } }: { partner: PartnerSummary }) {
  if (failing > 0)
    return <Badge tone="bad">{failing === 1 ? 'an endpoint fails' : `${failing} endpoints fail`}</Badge>;
  if (paused > 0) return <Badge tone="warn">{paused} paused</Badge>;
  if (endpoints.length === 0) return <Badge tone="idle">nothing set up</Badge>;
  return <Badge tone="good">ready</Badge>;
}

const MOST_NAMES = 3;

function Names({ names, to }: { names: string[]; to: '/endpoints/$name' | '/routes/$name' }) {
  if (names.length === 0) return <span className={styles['muted']}>none</span>;
  return (
    <span className={styles['names']}>
      {names.slice(0, MOST_NAMES).map((name) => (
        <Link key={name} to={to} params={{ name }}>
          {name}
        </Link>
      ))}
      {names.length > MOST_NAMES && (
        <span className={styles['muted']}>and {names.length - MOST_NAMES} more</span>
      )}
    </span>
  );
}
