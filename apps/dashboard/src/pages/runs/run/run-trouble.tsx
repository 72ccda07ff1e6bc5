import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { RouteObject, Run, Transfer } from '#contract';
import { nameOf } from '../../../files/path-parts.ts';
import { groupByCause, totalOf } from '../../../files/state-counts.ts';
import { suspectOf } from '../../../tls-facts/group-negotiations.ts';
import { ErrorPanel } from '../../../trouble/error-panel.tsx';
import { NextStepLinks } from '../../../trouble/next-step-links.tsx';
import { nextSteps } from '../../../trouble/next-steps.ts';
import { RerunRun } from '../../../trouble/rerun-run.tsx';
import { useServers } from '../../../trouble/use-servers.ts';
import { countOf } from '../../../ui/amounts.ts';
import { buttonClass } from '../../../ui/button.tsx';
import { OutsideText } from '../../../ui/outside-text.tsx';
import styles from './run.module.css';
import { handshakesQuery, transfersInStateQuery } from './run-queries.ts';

interface RunTroubleProps {
  run: Run;
  route: RouteObject | undefined;
}

/** Why it is not simply delivered, and what to do: first of all on the page. */
export function RunTrouble({ run, route }: RunTroubleProps) {
  const { failed = 0, held = 0 } = run.transferCounts;
  return (
    <>
      {held > 0 && <HeldFiles run={run} count={held} />}
      {run.error && run.error.code !== 'cancelled' && (
        <Trouble title="What went wrong" error={run.error} route={route} run={run} rerun={failed === 0} />
      )}
      {failed > 0 && <FailedFiles run={run} route={route} count={failed} />}
    </>
  );
}

interface TroubleProps {
  title: string;
  error: NonNullable<Run['error']>;
  route: RouteObject | undefined;
  run: Run;
  about?: ReactNode;
  /** With the button that takes up again what was left. */
  rerun: boolean;
}

function Trouble({ title, error, route, run, about, rerun }: TroubleProps) {
  const [source, destination] = [route?.source.endpoint, route?.destination.endpoint];
  const servers = useServers([source, destination]);
  const hasFiles = totalOf(run.transferCounts) > 0;
  const handshakes = useQuery({ ...handshakesQuery(run.id), enabled: !hasFiles });
  const suspect = suspectOf(handshakes.data ?? []);
  const steps = nextSteps(error, { route: run.route, source, destination, servers, suspect });
  return (
    <ErrorPanel title={title} error={error} about={about}>
      <NextStepLinks steps={steps} leading={rerun}>
        {rerun && <RerunRun run={run} look={steps.length === 0 ? 'primary' : 'plain'} />}
      </NextStepLinks>
    </ErrorPanel>
  );
}

const MOST_NAMES = 3;

function FailedFiles({ run, route, count }: { run: Run; route: RouteObject | undefined; count: number }) {
  const query = useQuery(transfersInStateQuery(run.id, 'failed'));
  const groups = groupByCause(query.data ?? []);
  const examined = query.data?.length ?? 0;
  return groups.map(({ error, items }, index) => (
    <Trouble
      key={error.code}
      title={`Why ${countOf(items.length, 'file')} failed`}
      error={items.length === 1 ? error : { ...error, detail: null }}
      route={route}
      run={run}
      rerun={index === 0}
      about={
        <p>
          <strong>
            {examined < count && 'Of the last 200: '}
            {countOf(items.length, 'file')} failed
          </strong>{' '}
          <Names items={items} />
        </p>
      }
    />
  ));
}

function HeldFiles({ run, count }: { run: Run; count: number }) {
  const query = useQuery(transfersInStateQuery(run.id, 'held'));
  const [first] = query.data ?? [];
  if (!first?.error) return null;
  return (
    <ErrorPanel
      title="What waits for a decision"
      held
      error={count === 1 ? first.error : { ...first.error, detail: null }}
      about={
        <p>
          <strong>{countOf(count, 'file waits', 'files wait')} for a decision</strong>{' '}
          <Names items={query.data ?? []} />
        </p>
      }
    >
      {count === 1 && (
        <NextStepLinks steps={[]}>
          <Link to="/transfers/$id" params={{ id: first.id }} className={buttonClass('primary')}>
            Look at the file and decide
          </Link>
        </NextStepLinks>
      )}
    </ErrorPanel>
  );
}

function Names({ items }: { items: readonly Transfer[] }) {
  const shown = items.slice(0, MOST_NAMES);
  return (
    <span className={styles['names']}>
      {shown.map(({ id, sourcePath }, index) => (
        <span key={id}>
          {index > 0 && ', '}
          <Link to="/transfers/$id" params={{ id }}>
            <OutsideText text={nameOf(sourcePath)} />
          </Link>
        </span>
      ))}
      {items.length > shown.length && ` and ${countOf(items.length - shown.length, 'more', 'more')}`}
    </span>
  );
}
