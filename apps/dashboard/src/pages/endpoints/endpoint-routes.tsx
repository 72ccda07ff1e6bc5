import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ItemOf } from '#contract';
import { readAll } from '../../api/read-all.ts';
import { useMay } from '../../session/me.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { EmptyState } from '../../ui/page.tsx';
import { SimpleTable } from '../../ui/simple-table.tsx';
import { Badge } from '../../ui/state-badge.tsx';

type Route = ItemOf<'listRoutes'>;

interface RouteListProps {
  /** Which of all routes are meant. */
  wanted(route: Route): boolean;
  /** What is said where there is none. */
  none: string;
}

/** Routes with their ways, whether they run, and when next. */
export function RouteList({ wanted, none }: RouteListProps) {
  const may = useMay();
  const routes = useQuery(readAll('listRoutes'));
  return (
    <Loaded query={routes} what="The routes could not be read">
      {(all) => {
        const own = all.filter(wanted);
        if (own.length === 0)
          return (
            <EmptyState title={none}>
              {may('createRoute') && (
                <Link to="/new/route" className={buttonClass()}>
                  New route
                </Link>
              )}
            </EmptyState>
          );
        return (
          <SimpleTable
            caption="Routes"
            rows={own}
            rowKey={({ name }) => name}
            columns={[
              {
                id: 'name',
                title: 'Route',
                main: true,
                cell: ({ name }) => (
                  <Link to="/routes/$name" params={{ name }}>
                    {name}
                  </Link>
                ),
              },
              { id: 'from', title: 'From', cell: ({ source }) => <End end={source} /> },
              { id: 'to', title: 'To', cell: ({ destination }) => <End end={destination} /> },
              { id: 'state', title: 'State', cell: (route) => <RouteState route={route} /> },
              {
                id: 'next',
                title: 'Next',
                cell: ({ nextFireAt }) => (nextFireAt === null ? 'by hand' : <Moment at={nextFireAt} />),
              },
            ]}
          />
        );
      }}
    </Loaded>
  );
}

function End({ end }: { end: { endpoint: string; path: string } }) {
  return (
    <span>
      <Link to="/endpoints/$name" params={{ name: end.endpoint }}>
        {end.endpoint}
      </Link>{' '}
      <OutsideText text={end.path} />
    </span>
  );
}

function RouteState({ route }: { route: Route }) {
  if (!route.enabled) return <Badge tone="idle">switched off</Badge>;
  return route.paused ? <Badge tone="warn">paused</Badge> : <Badge tone="good">on</Badge>;
}
