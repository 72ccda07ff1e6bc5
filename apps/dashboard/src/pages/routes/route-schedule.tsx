import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Fire, Run } from '#contract';
import { call } from '../../api/call.ts';
import { Button } from '../../ui/button.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { EmptyState, Section } from '../../ui/page.tsx';
import { type SimpleColumn, SimpleTable } from '../../ui/simple-table.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Badge, StateBadge } from '../../ui/state-badge.tsx';
import { FireList, OUTCOMES } from './fire-list.tsx';
import { type Outage, OutageField } from './outage.tsx';
import { nextFiresQuery, scheduledRunsQuery } from './route-queries.ts';
import { type Route, scheduleWords } from './route-words.ts';
import styles from './routes.module.css';

const NEXT = 15;

/** When it fires, and what became of the moments that are past. */
export function RouteSchedule({ route }: { route: Route }) {
  const { name, schedule } = route;
  const [outage, setOutage] = useState<Outage>();
  const supposed = outage ? { from: outage.from, downUntil: outage.downUntil } : {};
  const next = useQuery({
    ...nextFiresQuery(name, outage ? 2 * NEXT : NEXT, supposed),
    enabled: schedule !== undefined,
  });
  return (
    <div className={styles['stack']}>
      <Section title="Next fires">
        <p className={styles['sentence']}>
          <OutsideText text={scheduleWords(schedule)} />
        </p>
        {schedule ? (
          <Loaded
            query={next}
            what="The next fires could not be worked out"
            skeleton={<Skeleton height="24rem" />}
          >
            {(preview) => (
              <>
                <FireList preview={preview} />
                <p className={styles['small']}>
                  {preview.misfire.says} {preview.overlap.says}
                </p>
                <div className={styles['outage']}>
                  <OutageField outage={outage} onChange={setOutage} />
                </div>
              </>
            )}
          </Loaded>
        ) : (
          <EmptyState title="It has no schedule.">
            <p>Its runs begin by hand, by the API or by an application.</p>
          </EmptyState>
        )}
      </Section>
      <PastFires route={route} />
    </div>
  );
}

function PastFires({ route: { name, schedule } }: { route: Route }) {
  const fires = useInfiniteQuery({
    queryKey: ['listFires', { route: name }],
    queryFn: ({ pageParam }) =>
      call('listFires', { query: { route: name, limit: 25, ...(pageParam && { cursor: pageParam }) } }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
  const runs = useQuery(scheduledRunsQuery(name));
  const columns: readonly SimpleColumn<Fire>[] = [
    {
      id: 'due',
      title: 'Due',
      main: true,
      cell: ({ dueAt }) => <Moment at={dueAt} routeZone={schedule?.timezone} />,
    },
    {
      id: 'outcome',
      title: 'What became of it',
      cell: ({ outcome, runId }) =>
        outcome === 'run' && runId !== null ? (
          <Link to="/runs/$id" params={{ id: runId }}>
            <RunOfFire run={runs.data?.find(({ id }) => id === runId)} />
          </Link>
        ) : (
          <Badge tone={OUTCOMES[outcome].tone}>{OUTCOMES[outcome].says}</Badge>
        ),
    },
    {
      id: 'recorded',
      title: 'Recorded',
      cell: ({ recordedAt }) => <Moment at={recordedAt} routeZone={schedule?.timezone} />,
    },
    {
      id: 'why',
      title: 'Why',
      cell: ({ reason }) =>
        reason === null ? <span className={styles['muted']}>–</span> : <OutsideText text={reason} />,
    },
  ];
  return (
    <Section title="Past fires">
      <Loaded query={fires} what="The past fires could not be read" skeleton={<Skeleton height="16rem" />}>
        {({ pages }) => {
          const rows = pages.flatMap(({ items }) => items);
          if (rows.length === 0)
            return (
              <EmptyState title="No moment of its schedule has come yet.">
                <p>Runs that somebody started stand under the last runs.</p>
              </EmptyState>
            );
          return (
            <>
              <SimpleTable caption="Past fires" columns={columns} rows={rows} rowKey={({ id }) => id} />
              {fires.hasNextPage && (
                <div>
                  <Button busy={fires.isFetchingNextPage} onClick={() => void fires.fetchNextPage()}>
                    Earlier ones
                  </Button>
                </div>
              )}
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}

/** Older ones are only named. */
function RunOfFire({ run }: { run: Run | undefined }) {
  return run ? <StateBadge state={run.state} /> : 'Its run';
}
