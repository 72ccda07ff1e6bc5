import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { ItemOf, Run } from '#contract';
import { readAll } from '../../api/read-all.ts';
import { AddressField } from '../../filters/address-field.tsx';
import { useMay } from '../../session/me.ts';
import { countOf } from '../../ui/amounts.ts';
import { buttonClass } from '../../ui/button.tsx';
import { SelectField } from '../../ui/fields.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { EmptyState, Page, Section } from '../../ui/page.tsx';
import { type SimpleColumn, SimpleTable } from '../../ui/simple-table.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { findRoutes, isStanding } from './find-routes.ts';
import { RouteMenu } from './route-menu.tsx';
import { newestRunsQuery } from './route-queries.ts';
import { RouteStanding } from './route-standing.tsx';
import { scheduleWords } from './route-words.ts';
import styles from './routes.module.css';
import { RunMarks } from './run-marks.tsx';

type Route = ItemOf<'listRoutes'>;
interface Row {
  route: Route;
  runs: readonly Run[] | undefined;
}

/** Everything that moves files: from where to where, when, and how it went the last times. */
export function RoutesPage() {
  const { q = '', partner = '', state = '' } = useSearch({ strict: false });
  const navigate = useNavigate({ from: '/routes' });
  const may = useMay();
  const routes = useQuery({ ...readAll('listRoutes'), refetchInterval: 60_000 });
  const newest = useQuery(newestRunsQuery);
  const byRoute = useMemo(() => newest.data && Map.groupBy(newest.data, ({ route }) => route), [newest.data]);
  const filter = (changed: Record<string, string>) =>
    void navigate({ search: { q, partner, state, ...changed }, replace: true });
  const add = may('createRoute') && (
    <Link to="/new/route" className={buttonClass('primary')}>
      <Icon name="plus" /> New route
    </Link>
  );
  return (
    <Page title="Routes" actions={add}>
      <Loaded query={routes} what="The routes could not be read" skeleton={<Skeleton height="24rem" />}>
        {(all) => {
          if (all.length === 0) return <NoRoutes add={add} />;
          const partners = [...new Set(all.flatMap((route) => route.partners))].sort();
          const shown = findRoutes(all, { q, partner, state });
          const rows = shown.map((route) => ({
            route,
            runs: byRoute && (byRoute.get(route.name) ?? []),
          }));
          return (
            <Section
              title={
                shown.length === all.length
                  ? countOf(all.length, 'route')
                  : `${shown.length} of ${countOf(all.length, 'route')}`
              }
            >
              <search className={styles['filters']}>
                <AddressField
                  label="Search"
                  placeholder="Name, endpoint, folder, pattern"
                  value={q}
                  onChange={(text) => filter({ q: text })}
                />
                <SelectField
                  label="Partner"
                  value={partner}
                  onChange={(event) => filter({ partner: event.target.value })}
                >
                  <option value="">All</option>
                  {partner !== '' && !partners.includes(partner) && (
                    <option value={partner}>{partner}</option>
                  )}
                  {partners.map((name) => (
                    <option key={name} value={name}>
                      {name}
                    </option>
                  ))}
                </SelectField>
                <SelectField
                  label="State"
                  value={isStanding(state) ? state : ''}
                  onChange={(event) => filter({ state: event.target.value })}
                >
                  <option value="">All</option>
                  <option value="on">On</option>
                  <option value="paused">Paused</option>
                  <option value="off">Switched off</option>
                </SelectField>
              </search>
              {state !== '' && !isStanding(state) && (
                <p className={styles['muted']}>
                  The address asks for routes that are “<OutsideText text={state} />
                  ”. There is no such state; it is left out.
                </p>
              )}
              {rows.length === 0 ? (
                <EmptyState title="None of them is like this.">
                  <Link to="/routes" search={{}}>
                    Show all routes
                  </Link>
                </EmptyState>
              ) : (
                <SimpleTable
                  caption="Routes"
                  columns={may('triggerRun') || may('changeRoute') ? [...COLUMNS, MENU] : COLUMNS}
                  rows={rows}
                  rowKey={({ route }) => route.name}
                />
              )}
            </Section>
          );
        }}
      </Loaded>
    </Page>
  );
}

function NoRoutes({ add }: { add: React.ReactNode }) {
  return (
    <EmptyState title="There is no route yet.">
      <p>
        A route says which files move from which endpoint to which, when, and how their delivery is proven.
      </p>
      {add || <p>An admin makes them.</p>}
    </EmptyState>
  );
}

const COLUMNS: readonly SimpleColumn<Row>[] = [
  {
    id: 'name',
    title: 'Route',
    main: true,
    cell: ({ route }) => (
      <span className={styles['name']}>
        <Link to="/routes/$name" params={{ name: route.name }}>
          {route.name}
        </Link>
        <RouteStanding route={route} quietWhenOn />
      </span>
    ),
  },
  {
    id: 'way',
    title: 'From and to',
    cell: ({ route: { source, destination, partners } }) => (
      <span className={styles['way']}>
        <span>
          <EndpointLink name={source.endpoint} />
          <span className={styles['arrow']}>
            <Icon name="right" size={12} />
            <span className="visually-hidden">to</span>
          </span>
          <EndpointLink name={destination.endpoint} />
        </span>
        <span className={styles['small']}>{partners.length > 0 ? partners.join(', ') : 'our own'}</span>
      </span>
    ),
  },
  {
    id: 'when',
    title: 'When',
    cell: ({ route }) => (
      <span className={styles['way']}>
        <span>{scheduleWords(route.schedule)}</span>
        {route.nextFireAt !== null && route.enabled && (
          <span className={styles['small']}>
            next <Moment at={route.nextFireAt} routeZone={route.schedule?.timezone} relative />
            {', '}
            <Moment at={route.nextFireAt} routeZone={route.schedule?.timezone} />
          </span>
        )}
      </span>
    ),
  },
  {
    id: 'runs',
    title: 'Last runs',
    cell: ({ route, runs }) => <RunMarks route={route.name} newest={runs} />,
  },
];

const MENU: SimpleColumn<Row> = {
  id: 'menu',
  title: 'What can be done',
  quiet: true,
  cell: ({ route }) => <RouteMenu route={route} />,
};

function EndpointLink({ name }: { name: string }) {
  return (
    <Link to="/endpoints/$name" params={{ name }} className={styles['quietLink']}>
      {name}
    </Link>
  );
}
