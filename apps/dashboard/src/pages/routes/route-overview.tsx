import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Run } from '#contract';
import { useMay } from '../../session/me.ts';
import { PlainWords } from '../../trouble/plain-words.tsx';
import { countOf, showDuration } from '../../ui/amounts.ts';
import { Loaded } from '../../ui/loaded.tsx';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { EmptyState, Section } from '../../ui/page.tsx';
import { type SimpleColumn, SimpleTable } from '../../ui/simple-table.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { FireList } from './fire-list.tsx';
import { RouteFacts } from './route-facts.tsx';
import { lastRunsQuery, nextFiresQuery } from './route-queries.ts';
import { type Route, scheduleWords } from './route-words.ts';
import styles from './routes.module.css';

const NEXT = 5;

/** What the person on duty asks first: how it went, when it runs next, what it does. */
export function RouteOverview({ route }: { route: Route }) {
  return (
    <div className={styles['stack']}>
      <div className={styles['beside']}>
        <LastRuns route={route} />
        <Next route={route} />
      </div>
      <RouteFacts route={route} />
    </div>
  );
}

function LastRuns({ route: { name, enabled } }: { route: Route }) {
  const runs = useQuery(lastRunsQuery(name));
  const may = useMay();
  return (
    <Section
      title="Last runs"
      actions={
        <Link to="/runs" search={{ route: name }}>
          All runs
        </Link>
      }
    >
      <Loaded query={runs} what="The runs could not be read" skeleton={<Skeleton height="14rem" />}>
        {(found) =>
          found.length === 0 ? (
            <EmptyState title="It has never run.">
              {enabled && may('triggerRun') && <p>Run it now, and watch the first files arrive.</p>}
            </EmptyState>
          ) : (
            <SimpleTable
              caption={`Last runs of ${name}`}
              columns={RUN_COLUMNS}
              rows={found}
              rowKey={({ id }) => id}
            />
          )
        }
      </Loaded>
    </Section>
  );
}

const RUN_COLUMNS: readonly SimpleColumn<Run>[] = [
  {
    id: 'begun',
    title: 'Begun',
    main: true,
    cell: ({ id, startedAt, createdAt }) => (
      <Link to="/runs/$id" params={{ id }} className={styles['nowrap']}>
        <Moment at={startedAt ?? createdAt} />
      </Link>
    ),
  },
  { id: 'state', title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
  {
    id: 'files',
    title: 'Files',
    cell: (run) => (
      <>
        {filesText(run)}
        {run.error && (
          <span className={styles['what']}>
            <PlainWords text={run.error.sentence} />
          </span>
        )}
      </>
    ),
  },
  {
    id: 'took',
    title: 'Took',
    numeric: true,
    cell: ({ startedAt, finishedAt }) =>
      startedAt && finishedAt ? showDuration(Date.parse(finishedAt) - Date.parse(startedAt)) : '–',
  },
];

function filesText({ transferCounts }: Run): string {
  const { delivered = 0, suppressed = 0, ...others } = transferCounts;
  const rest = Object.entries(others).filter(([, count]) => count > 0);
  const parts = [
    ...(delivered > 0 || rest.length === 0 ? [`${delivered} delivered`] : []),
    ...rest.map(([state, count]) => `${count} ${state}`),
    ...(suppressed > 0 ? [`${countOf(suppressed, 'known one')} left out`] : []),
  ];
  return parts.join(', ');
}

function Next({ route }: { route: Route }) {
  const { name, schedule, enabled } = route;
  const next = useQuery({ ...nextFiresQuery(name, NEXT), enabled: schedule !== undefined });
  return (
    <Section
      title="Next"
      actions={
        schedule && (
          <Link to="/routes/$name" params={{ name }} search={{ part: 'schedule' }}>
            Whole schedule
          </Link>
        )
      }
    >
      <p className={styles['sentence']}>
        <OutsideText text={scheduleWords(schedule)} />
      </p>
      {schedule ? (
        <Loaded
          query={next}
          what="The next fires could not be worked out"
          skeleton={<Skeleton height="9rem" />}
        >
          {(preview) => <FireList preview={preview} />}
        </Loaded>
      ) : (
        <p className={styles['muted']}>
          {enabled
            ? 'It has no schedule: somebody starts its runs.'
            : 'It has no schedule, and it is switched off.'}
        </p>
      )}
    </Section>
  );
}
