import { Link } from '@tanstack/react-router';
import type { Incident, OverviewObject } from '#contract';
import { nameOf } from '../../files/path-parts.ts';
import { PlainWords } from '../../trouble/plain-words.tsx';
import { countOf } from '../../ui/amounts.ts';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { EmptyState } from '../../ui/page.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import styles from './lists.module.css';

/** What does not go on by itself, each with the way to where it is decided. */
export function Attention({ attention }: { attention: OverviewObject['attention'] }) {
  const { heldTransfers, incidents, pausedRoutes, pausedEndpoints, refusedLogins } = attention;
  const decided = new Set(heldTransfers.newest.map(({ id }) => id));
  const refused = new Set(refusedLogins.newest.map(({ endpoint }) => endpoint));
  // A held file and a refused login have incidents as well: each is said once.
  const isSaid = ({ kind, transferId, endpoint }: Incident) =>
    kind === 'login_refused'
      ? endpoint !== null && refused.has(endpoint)
      : transferId !== null && decided.has(transferId);
  const others = incidents.newest.filter((incident) => !isSaid(incident));
  const all =
    heldTransfers.count + incidents.count + pausedRoutes.count + pausedEndpoints.count + refusedLogins.count;
  if (all === 0) return <EmptyState title="Nothing. Everything goes on by itself." />;
  return (
    <ul className={styles['list']}>
      {heldTransfers.newest.map((transfer) => (
        <li key={transfer.id}>
          <Badge tone="warn">held</Badge>
          <span className={styles['what']}>
            <Link to="/transfers/$id" params={{ id: transfer.id }}>
              <OutsideText text={nameOf(transfer.sourcePath)} />
            </Link>{' '}
            <span className={styles['muted']}>{transfer.route}</span>
          </span>
          <span className={styles['muted']}>
            <Moment at={transfer.startedAt ?? transfer.createdAt} relative />
          </span>
          {transfer.error && (
            <span className={styles['sentence']}>
              <PlainWords text={transfer.error.sentence} />
            </span>
          )}
        </li>
      ))}
      {others.map((incident) => (
        <IncidentLine key={incident.id} incident={incident} />
      ))}
      {refusedLogins.newest.map(({ endpoint, refusedAt, triedAgainFrom }) => (
        <li key={endpoint}>
          <Badge tone="bad">login refused</Badge>
          <span className={styles['what']}>
            <Link to="/endpoints/$name" params={{ name: endpoint }}>
              {endpoint}
            </Link>{' '}
            <span className={styles['muted']}>
              nobody tries again before <Moment at={triedAgainFrom} />
            </span>
          </span>
          <span className={styles['muted']}>
            <Moment at={refusedAt} relative />
          </span>
        </li>
      ))}
      {pausedRoutes.newest.map(({ name, paused }) => (
        <PausedLine key={`route ${name}`} name={name} paused={paused} to="/routes/$name" />
      ))}
      {pausedEndpoints.newest.map(({ name, paused }) => (
        <PausedLine key={`endpoint ${name}`} name={name} paused={paused} to="/endpoints/$name" />
      ))}
      <More attention={attention} />
    </ul>
  );
}

function IncidentLine({ incident }: { incident: Incident }) {
  const { id, kind, state, route, endpoint, summary, lastSeenAt, runId, occurrences } = incident;
  const name = route ?? endpoint ?? kind.replaceAll('_', ' ');
  return (
    <li>
      <Badge tone={state === 'acknowledged' ? 'busy' : 'bad'}>{kind.replaceAll('_', ' ')}</Badge>
      <span className={styles['what']}>
        {runId ? (
          <Link to="/runs/$id" params={{ id: runId }}>
            {name}
          </Link>
        ) : (
          <Link to="/incidents" search={{ id }}>
            {name}
          </Link>
        )}
      </span>
      <span className={styles['muted']}>
        {occurrences > 1 && `${occurrences} times, `}
        <Moment at={lastSeenAt} relative />
      </span>
      <span className={styles['sentence']}>
        <PlainWords text={summary} />
      </span>
    </li>
  );
}

interface PausedLineProps {
  name: string;
  paused: { since: string; by: string; reason: string };
  to: '/routes/$name' | '/endpoints/$name';
}

function PausedLine({ name, paused, to }: PausedLineProps) {
  return (
    <li>
      <Badge tone="idle">paused</Badge>
      <span className={styles['what']}>
        <Link to={to} params={{ name }}>
          {name}
        </Link>{' '}
        <span className={styles['muted']}>
          by <OutsideText text={paused.by} />: <OutsideText text={paused.reason} />
        </span>
      </span>
      <span className={styles['muted']}>
        <Moment at={paused.since} relative />
      </span>
    </li>
  );
}

/** Only the newest of each are here: the others are not forgotten. */
function More({ attention }: { attention: OverviewObject['attention'] }) {
  const left = Object.values(attention).reduce((sum, { count, newest }) => sum + count - newest.length, 0);
  if (left === 0) return null;
  return (
    <li>
      <Link to="/incidents">{countOf(left, 'more', 'more')}</Link>
    </li>
  );
}
