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
import { Loaded } from '../../../ui/loaded.tsx';
import { OutsideText } from '../../../ui/outside-text.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import styles from './run.module.css';
import { handshakesQuery, MOST_EXAMINED, transfersInStateQuery } from './run-queries.ts';

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
/** What is more is better looked at in the list. */
const MOST_CAUSES = 3;

interface FilesProps {
  run: Run;
  route: RouteObject | undefined;
  count: number;
}

function FailedFiles({ run, route, count }: FilesProps) {
  const query = useQuery(transfersInStateQuery(run.id, 'failed'));
  return (
    <Loaded query={query} what="Why files failed could not be read" skeleton={<Skeleton height="9rem" />}>
      {(failed) => {
        const groups = groupByCause(failed);
        if (groups.length === 0) return <RerunRun run={run} />;
        const isAll = failed.length < MOST_EXAMINED || failed.length === count;
        return (
          <>
            {groups.slice(0, MOST_CAUSES).map(({ error, items }, index) => (
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
                      {!isAll && `Of the last ${MOST_EXAMINED}: `}
                      {countOf(items.length, 'file')} failed
                    </strong>{' '}
                    <Names items={items} count={items.length} />
                  </p>
                }
              />
            ))}
            {groups.length > MOST_CAUSES && (
              <p>
                <Link to="/runs/$id" params={{ id: run.id }} search={{ state: 'failed' }}>
                  Others failed for {countOf(groups.length - MOST_CAUSES, 'other reason')}
                </Link>
              </p>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

function HeldFiles({ run, count }: Omit<FilesProps, 'route'>) {
  const query = useQuery(transfersInStateQuery(run.id, 'held'));
  return (
    <Loaded query={query} what="The held files could not be read" skeleton={<Skeleton height="9rem" />}>
      {(held) => <Held items={held} count={count} />}
    </Loaded>
  );
}

function Held({ items, count }: { items: readonly Transfer[]; count: number }) {
  const [first] = items;
  if (!first?.error) return null;
  return (
    <ErrorPanel
      title="What waits for a decision"
      held
      error={count === 1 ? first.error : { ...first.error, detail: null }}
      about={
        <p>
          <strong>{countOf(count, 'file waits', 'files wait')} for a decision</strong>{' '}
          <Names items={items} count={count} />
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

/** The first of them by name; `count` of all. */
function Names({ items, count }: { items: readonly Transfer[]; count: number }) {
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
      {count > shown.length && ` and ${countOf(count - shown.length, 'more', 'more')}`}
    </span>
  );
}
