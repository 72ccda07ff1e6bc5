import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import type { Run } from '#contract';
import { runQuery } from '../../files/run-query.ts';
import { totalOf } from '../../files/state-counts.ts';
import { configuredQuery } from '../../forms/configured-object.ts';
import { RerunRun } from '../../trouble/rerun-run.tsx';
import { countOf } from '../../ui/amounts.ts';
import { Moment } from '../../ui/moment.tsx';
import { OneObject } from '../../ui/one-object.tsx';
import { Page } from '../../ui/page.tsx';
import { Badge, StateBadge } from '../../ui/state-badge.tsx';
import { CancelRun } from './run/cancel-run.tsx';
import styles from './run/run.module.css';
import { RunFacts } from './run/run-facts.tsx';
import { RunHandshakes } from './run/run-handshakes.tsx';
import { RunProgress } from './run/run-progress.tsx';
import { isOver } from './run/run-queries.ts';
import { RunTransfers } from './run/run-transfers.tsx';
import { RunTrouble } from './run/run-trouble.tsx';
import { WaitsFor } from './run/waits-for.tsx';

/** One run: whether it is well, why not, how far it is, and every file of it. */
export function RunPage() {
  const { id } = useParams({ from: '/signed-in/runs/$id' });
  const read = useQuery(runQuery(id));
  return (
    <OneObject
      query={read}
      title="Run"
      what="The run could not be read"
      none="There is no such run, or it is not one of yours."
      others={<Link to="/runs">All runs</Link>}
      height="30rem"
    >
      {(run) => <RunShown run={run} />}
    </OneObject>
  );
}

function RunShown({ run }: { run: Run }) {
  const { state: said } = useSearch({ strict: false });
  const read = useQuery(configuredQuery('route', run.route));
  const route = read.data?.object;
  const hasTrouble = run.error !== null || (run.transferCounts.failed ?? 0) > 0;
  return (
    <div className={styles['page']}>
      <Page
        title={`Run of ${run.route}`}
        beside={
          <>
            <span role="status">
              <StateBadge state={run.state} />
            </span>
            {run.cancelRequestedAt && !isOver(run) && <Badge tone="warn">being cancelled</Badge>}
            <span className={styles['muted']}>
              <Moment at={run.createdAt} routeZone={route?.schedule?.timezone} />
              {run.rerunOf && ', a rerun'}
              {run.files && `, narrowed to ${countOf(run.files.length, 'file')}`}
            </span>
          </>
        }
        actions={
          <>
            <CancelRun run={run} />
            {!hasTrouble && <RerunRun run={run} />}
          </>
        }
      >
        <RunTrouble run={run} route={route} />
        <WaitsFor run={run} route={route} />
        <RunProgress run={run} />
        <RunFacts run={run} route={route} />
        {hasTrouble && totalOf(run.transferCounts) === 0 && <RunHandshakes run={run} />}
        {totalOf(run.transferCounts) > 0 && <RunTransfers id={run.id} said={said} />}
      </Page>
    </div>
  );
}
