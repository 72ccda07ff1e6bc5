import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { RouteObject, Run } from '#contract';
import { countOf, showDuration } from '../../../ui/amounts.ts';
import { Disclosure } from '../../../ui/disclosure.tsx';
import { Fact, Facts } from '../../../ui/facts.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { useNow } from '../../../ui/now.ts';
import { OutsideText } from '../../../ui/outside-text.tsx';
import { Section } from '../../../ui/page.tsx';
import { StateBadge } from '../../../ui/state-badge.tsx';
import { callbackSays } from './callback-says.ts';
import styles from './run.module.css';
import { rerunsQuery } from './run-queries.ts';

const TRIGGERS: Readonly<Record<Run['trigger'], string>> = {
  schedule: 'its schedule',
  operator: 'a person',
  api: 'a call of the API',
};

/** Who asked for it, when, for what. */
export function RunFacts({ run, route }: { run: Run; route: RouteObject | undefined }) {
  const zone = route?.schedule?.timezone;
  const reruns = useQuery(rerunsQuery(run));
  const parameters = Object.entries(run.parameters);
  return (
    <Section title="About this run">
      <Facts>
        <Fact label="Route">
          <Link to="/routes/$name" params={{ name: run.route }}>
            {run.route}
          </Link>
        </Fact>
        {/* Its place is kept until the route is read. */}
        <Fact label="From and to">
          {route ? (
            <>
              <EndpointLink name={route.source.endpoint} /> →{' '}
              <EndpointLink name={route.destination.endpoint} />
            </>
          ) : (
            '…'
          )}
        </Fact>
        <Fact label="Begun by">
          {TRIGGERS[run.trigger] ?? run.trigger}
          {run.trigger !== 'schedule' && (
            <>
              {' ('}
              <OutsideText text={run.requestedBy} />)
            </>
          )}
        </Fact>
        <Fact label="Asked for">
          <Moment at={run.createdAt} routeZone={zone} />
        </Fact>
        <Fact label="Started">
          {run.startedAt ? <Moment at={run.startedAt} routeZone={zone} /> : 'not yet'}
        </Fact>
        {run.finishedAt && (
          <Fact label="Ended">
            <Moment at={run.finishedAt} routeZone={zone} />
          </Fact>
        )}
        {run.startedAt && (
          <Fact label={run.finishedAt ? 'Took' : 'Under way for'}>
            <Took from={run.startedAt} to={run.finishedAt} />
          </Fact>
        )}
        {run.cancelRequestedAt && (
          <Fact label="Cancelled">
            <Moment at={run.cancelRequestedAt} routeZone={zone} />
          </Fact>
        )}
        {run.rerunOf && (
          <Fact label="Rerun of">
            <Link to="/runs/$id" params={{ id: run.rerunOf }}>
              the earlier run
            </Link>
          </Fact>
        )}
        {reruns.data && reruns.data.length > 0 && (
          <Fact label={reruns.data.length === 1 ? 'Rerun' : 'Reruns'}>
            <ul className={styles['inline']}>
              {reruns.data.map(({ id, createdAt, state }) => (
                <li key={id}>
                  <Link to="/runs/$id" params={{ id }}>
                    <Moment at={createdAt} routeZone={zone} />
                  </Link>{' '}
                  <StateBadge state={state} />
                </li>
              ))}
            </ul>
          </Fact>
        )}
        <Fact label="Lanes">{run.lanes}</Fact>
        <Fact label="TLS">
          <Link to="/tls" search={{ runId: run.id }}>
            Handshakes of this run
          </Link>
        </Fact>
        {run.idempotencyKey && (
          <Fact label="Idempotency key">
            <code>
              <OutsideText text={run.idempotencyKey} />
            </code>
          </Fact>
        )}
        {run.callback && (
          <Fact label="Call-back" wide>
            {callbackSays(run.callback)}
          </Fact>
        )}
        {parameters.length > 0 && (
          <Fact label="Parameters" wide>
            <ul className={styles['plainList']}>
              {parameters.map(([name, value]) => (
                <li key={name}>
                  <code>
                    <OutsideText text={name} />
                  </code>{' '}
                  = <OutsideText text={value} />
                </li>
              ))}
            </ul>
          </Fact>
        )}
        {run.files && (
          <Fact label="Only these files" wide>
            <Disclosure title={countOf(run.files.length, 'file')} open={run.files.length <= 5}>
              <ul className={styles['plainList']}>
                {run.files.map((file) => (
                  <li key={file}>
                    <OutsideText text={file} />
                  </li>
                ))}
              </ul>
            </Disclosure>
          </Fact>
        )}
      </Facts>
    </Section>
  );
}

function EndpointLink({ name }: { name: string }) {
  return (
    <Link to="/endpoints/$name" params={{ name }}>
      {name}
    </Link>
  );
}

function Took({ from, to }: { from: string; to: string | null }) {
  const now = useNow();
  return showDuration(Math.max(0, (to ? Date.parse(to) : now.getTime()) - Date.parse(from)));
}
