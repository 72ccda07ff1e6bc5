import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ChangeHistory } from '../../forms/change-history.tsx';
import { configuredQuery } from '../../forms/configured-object.ts';
import { toObject, toValues } from '../../forms/form-values.ts';
import { WaitingApprovals } from '../../forms/waiting-approvals.tsx';
import { useMay } from '../../session/me.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { OneObject } from '../../ui/one-object.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { type Tab, Tabs } from '../../ui/tabs.tsx';
import { LookPanel } from './look-panel.tsx';
import { PauseRouteDialog } from './pause-route.tsx';
import { ROUTE_FIELDS } from './route-fields.ts';
import { RouteOverview } from './route-overview.tsx';
import { RouteSchedule } from './route-schedule.tsx';
import { RouteStanding } from './route-standing.tsx';
import { RouteTrouble } from './route-trouble.tsx';
import type { Route } from './route-words.ts';
import styles from './routes.module.css';
import { RunNowDialog, tellRun } from './run-now.tsx';
import { SwitchRoute } from './switch-route.tsx';

const PARTS = ['overview', 'files', 'schedule', 'history'] as const;
type Part = (typeof PARTS)[number];

/** One route: how its runs went, when it fires, what it does, who changed it. */
export function RoutePage() {
  const { name } = useParams({ from: '/signed-in/routes/$name' });
  const read = useQuery(configuredQuery('route', name));
  return (
    <OneObject
      query={read}
      title={name}
      what="The route could not be read"
      none="There is no route of this name, or it is not one of yours."
      others={<Link to="/routes">All routes</Link>}
      height="24rem"
    >
      {({ object, etag }) => <RouteShown key={name} route={object} etag={etag} />}
    </OneObject>
  );
}

function RouteShown({ route, etag }: { route: Route; etag: string }) {
  const { name, enabled, paused, partners } = route;
  const may = useMay();
  const { part, new: isNew, run } = useSearch({ strict: false });
  const navigate = useNavigate({ from: '/routes/$name' });
  const mayRun = may('triggerRun') && enabled;
  // `?run=1`: whoever comes to run it is asked at once for what a run needs.
  const [asked, setAsked] = useState<'run' | 'pause' | undefined>(run && mayRun ? 'run' : undefined);
  const tabs: Tab<Part>[] = [
    { id: 'overview', title: 'Overview', content: <RouteOverview route={route} /> },
    ...(may('lookAtEndpoint')
      ? [
          {
            id: 'files' as const,
            title: 'Files now',
            content: <LookPanel route={toObject(ROUTE_FIELDS, toValues(ROUTE_FIELDS, route))} level={2} />,
          },
        ]
      : []),
    { id: 'schedule', title: 'Schedule', content: <RouteSchedule route={route} /> },
    ...(may('listConfigurationChanges')
      ? [
          {
            id: 'history' as const,
            title: 'History',
            content: (
              <Section title="Who changed what">
                <ChangeHistory noun="route" name={name} specs={ROUTE_FIELDS} />
              </Section>
            ),
          },
        ]
      : []),
  ];
  const chosen = PARTS.find((known) => known === part) ?? 'overview';
  const runNow = (
    <Button look={isNew ? 'plain' : 'primary'} onClick={() => setAsked('run')}>
      <Icon name="play" /> Run now
    </Button>
  );
  return (
    <Page
      title={name}
      beside={
        <>
          <RouteStanding route={route} />
          {partners.length > 0 && (
            <span className={styles['muted']}>
              {partners.map((partner, index) => (
                <span key={partner}>
                  {index > 0 && ', '}
                  <Link to="/partners/$name" params={{ name: partner }}>
                    {partner}
                  </Link>
                </span>
              ))}
            </span>
          )}
        </>
      }
      actions={
        <>
          {may(paused ? 'resumeRoute' : 'pauseRoute') && (
            <Button onClick={() => setAsked('pause')}>
              <Icon name={paused ? 'play' : 'pause'} /> {paused ? 'Resume' : 'Pause'}
            </Button>
          )}
          <SwitchRoute route={route} etag={etag} />
          {may('changeRoute') && (
            <Link to="/routes/$name/edit" params={{ name }} className={buttonClass()}>
              <Icon name="edit" /> Edit
            </Link>
          )}
          {mayRun && runNow}
        </>
      }
    >
      <WaitingApprovals noun="route" name={name} specs={ROUTE_FIELDS} />
      {isNew && mayRun && (
        <div role="status" className={styles['made']}>
          <p>
            <strong>{name} is made.</strong> Run it now to see the first files arrive.
          </p>
          <Button look="primary" onClick={() => setAsked('run')}>
            <Icon name="play" /> Run it now
          </Button>
        </div>
      )}
      <RouteTrouble route={route} />
      <Tabs
        label={`Parts of ${name}`}
        tabs={tabs}
        value={tabs.some(({ id }) => id === chosen) ? chosen : 'overview'}
        onChange={(id) => void navigate({ search: id === 'overview' ? {} : { part: id }, replace: true })}
      />
      {asked === 'run' && (
        <RunNowDialog
          route={route}
          onClose={() => setAsked(undefined)}
          onStarted={(run) => {
            setAsked(undefined);
            tellRun(run, paused !== null);
            void navigate({ to: '/runs/$id', params: { id: run.id } });
          }}
        />
      )}
      <PauseRouteDialog route={route} open={asked === 'pause'} onClose={() => setAsked(undefined)} />
    </Page>
  );
}
