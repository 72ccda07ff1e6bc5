import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { Incident, ItemOf, PostureObject } from '#contract';
import { readAll } from '../../api/read-all.ts';
import { AddressField } from '../../filters/address-field.tsx';
import { useMay } from '../../session/me.ts';
import { toneOfDays } from '../../tls-facts/certificate-days.ts';
import { DaysBadge } from '../../tls-facts/days-badge.tsx';
import { countOf } from '../../ui/amounts.ts';
import { buttonClass } from '../../ui/button.tsx';
import { SelectField } from '../../ui/fields.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { EmptyState, Page, Section } from '../../ui/page.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { type SimpleColumn, SimpleTable } from '../../ui/simple-table.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import { type Endpoint, placeOf, protocolOf, type Standing, standingOf } from './endpoint-summary.ts';
import styles from './endpoints.module.css';

interface Row {
  endpoint: Endpoint;
  /** undefined until all is known that it depends on. */
  standing: Standing | undefined;
  posture: PostureObject | undefined;
  routes: number;
}

/** Every server and directory: whose it is, whether it works, how long its certificate lasts. */
export function EndpointsPage() {
  const { q = '', protocol = '', state = '' } = useSearch({ strict: false });
  const navigate = useNavigate({ from: '/endpoints' });
  const may = useMay();
  const endpoints = useQuery(readAll('listEndpoints'));
  const posture = useQuery(readAll('listPosture'));
  const incidents = useQuery(readAll('listIncidents', { state: 'unresolved', kind: 'login_refused' }));
  const routes = useQuery(readAll('listRoutes'));
  const filter = (changed: Record<string, string>) =>
    void navigate({ search: { q, protocol, state, ...changed }, replace: true });
  const add = may('createEndpoint') && (
    <Link to="/new/endpoint" className={buttonClass('primary')}>
      <Icon name="plus" /> New endpoint
    </Link>
  );
  return (
    <Page title="Endpoints" actions={add}>
      {(posture.error ?? incidents.error) && (
        <ProblemNotice
          error={posture.error ?? incidents.error}
          what="States and certificates could not be read"
        />
      )}
      <Loaded query={endpoints} what="The endpoints could not be read" skeleton={<Skeleton height="20rem" />}>
        {(all) => {
          if (all.length === 0)
            return (
              <EmptyState title="There is no endpoint yet.">
                <p>
                  An endpoint is a server of a partner, or a directory of your own, that files come from or go
                  to.
                </p>
                {add}
              </EmptyState>
            );
          const rows = all.map((endpoint) => rowOf(endpoint, posture.data, incidents.data, routes.data));
          const shown = rows.filter((row) => matches(row, { q, protocol, state }));
          return (
            <Section
              title={
                shown.length === all.length
                  ? countOf(all.length, 'endpoint')
                  : `${shown.length} of ${countOf(all.length, 'endpoint')}`
              }
            >
              <search className={styles['filters']}>
                <AddressField
                  label="Search"
                  placeholder="Name, host, partner"
                  value={q}
                  onChange={(text) => filter({ q: text })}
                />
                <SelectField
                  label="Protocol"
                  value={protocol}
                  onChange={(event) => filter({ protocol: event.target.value })}
                >
                  <option value="">All</option>
                  <option value="ftps">FTPS</option>
                  <option value="ftp">FTP without TLS</option>
                  <option value="local">Local directory</option>
                </SelectField>
                <SelectField
                  label="State"
                  value={state}
                  onChange={(event) => filter({ state: event.target.value })}
                >
                  <option value="">All</option>
                  <option value="attention">Needs a person</option>
                  <option value="ready">Ready</option>
                  <option value="expiring">Certificate ends within 30 days</option>
                </SelectField>
              </search>
              {shown.length === 0 ? (
                <EmptyState title="None of them is like this.">
                  <Link to="/endpoints" search={{}}>
                    Show all endpoints
                  </Link>
                </EmptyState>
              ) : (
                <SimpleTable
                  caption="Endpoints"
                  columns={COLUMNS}
                  rows={shown}
                  rowKey={({ endpoint }) => endpoint.name}
                />
              )}
            </Section>
          );
        }}
      </Loaded>
    </Page>
  );
}

const UNKNOWN = <span className={styles['muted']}>…</span>;

const COLUMNS: readonly SimpleColumn<Row>[] = [
  {
    id: 'name',
    title: 'Name',
    main: true,
    cell: ({ endpoint: { name } }) => (
      <Link to="/endpoints/$name" params={{ name }}>
        {name}
      </Link>
    ),
  },
  {
    id: 'partner',
    title: 'Partner',
    cell: ({ endpoint: { partner } }) =>
      partner === undefined ? (
        <span className={styles['muted']}>our own</span>
      ) : (
        <Link to="/partners/$name" params={{ name: partner }}>
          {partner}
        </Link>
      ),
  },
  { id: 'protocol', title: 'Protocol', cell: ({ endpoint }) => protocolOf(endpoint) },
  {
    id: 'place',
    title: 'Where',
    cell: ({ endpoint }) => (
      <span className="mono">
        <OutsideText text={placeOf(endpoint)} />
      </span>
    ),
  },
  {
    id: 'state',
    title: 'State',
    cell: ({ standing }) => (standing ? <Badge tone={standing.tone}>{standing.says}</Badge> : UNKNOWN),
  },
  { id: 'certificate', title: 'Certificate', cell: ({ posture }) => <DaysLeft posture={posture} /> },
  { id: 'routes', title: 'Routes', numeric: true, cell: ({ routes }) => routes },
];

function DaysLeft({ posture }: { posture: PostureObject | undefined }) {
  const [shown] = posture?.certificates ?? [];
  if (!shown)
    return <span className={styles['muted']}>{posture?.protocol === 'ftps' ? 'not seen yet' : '–'}</span>;
  return <DaysBadge daysLeft={shown.daysLeft} />;
}

function rowOf(
  endpoint: Endpoint,
  posture: readonly PostureObject[] | undefined,
  incidents: readonly Incident[] | undefined,
  routes: readonly ItemOf<'listRoutes'>[] = [],
): Row {
  const own = posture?.find((each) => each.endpoint === endpoint.name);
  return {
    endpoint,
    posture: own,
    standing: posture && incidents && standingOf(endpoint, incidents, own),
    routes: routes.filter(
      ({ source, destination }) =>
        source.endpoint === endpoint.name || destination.endpoint === endpoint.name,
    ).length,
  };
}

function matches(
  { endpoint, standing, posture }: Row,
  { q, protocol, state }: { q: string; protocol: string; state: string },
): boolean {
  const text = [endpoint.name, endpoint.partner ?? '', placeOf(endpoint)].join(' ').toLowerCase();
  if (!text.includes(q.trim().toLowerCase())) return false;
  if (protocol !== '' && endpoint.protocol !== protocol) return false;
  if (state === 'attention') return standing?.tone === 'bad' || standing?.tone === 'warn';
  if (state === 'ready') return standing?.says === 'ready';
  const tone = toneOfDays(posture?.certificates[0]?.daysLeft ?? null);
  return state !== 'expiring' || tone === 'warn' || tone === 'bad';
}
