import { Link } from '@tanstack/react-router';
import type { Incident } from '#contract';
import { PlainWords } from '../../trouble/plain-words.tsx';
import { countOf } from '../../ui/amounts.ts';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { Badge, type Tone } from '../../ui/state-badge.tsx';
import { IncidentActions } from './incident-actions.tsx';
import { endSays } from './incident-end.ts';
import { kindTitle } from './incident-filters.ts';
import { IncidentSteps } from './incident-steps.tsx';
import styles from './incidents.module.css';

const TONES: Readonly<Record<Incident['state'], Tone>> = {
  open: 'bad',
  acknowledged: 'busy',
  snoozed: 'idle',
  resolved: 'good',
};

/** One problem: what happened, since when and how often, what ends it, and what was said to it. */
export function IncidentCard({ incident, alone = false }: { incident: Incident; alone?: boolean }) {
  const Heading = alone ? 'h2' : 'h3';
  const { id, kind, state, summary, occurrences, openedAt, lastSeenAt, route, endpoint } = incident;
  return (
    <article className={styles['card']} aria-label={`${kindTitle(kind)}, ${state}`}>
      <header className={styles['head']}>
        <Badge tone={TONES[state] ?? 'idle'}>{state}</Badge>
        <Heading className={styles['kind']}>
          <Link to="/incidents" search={{ id }}>
            {kindTitle(kind)}
          </Link>
        </Heading>
        <span className={styles['muted']}>
          {occurrences > 1 ? (
            <>
              {countOf(occurrences, 'time')}, last <Moment at={lastSeenAt} relative />, first{' '}
              <Moment at={openedAt} />
            </>
          ) : (
            <Moment at={openedAt} relative />
          )}
        </span>
        <span className={styles['where']}>
          {route && (
            <Link to="/routes/$name" params={{ name: route }}>
              {route}
            </Link>
          )}
          {endpoint && (
            <Link to="/endpoints/$name" params={{ name: endpoint }}>
              {endpoint}
            </Link>
          )}
        </span>
      </header>
      <p className={styles['summary']}>
        <PlainWords text={summary} />
      </p>
      <Answered incident={incident} />
      {state !== 'resolved' && <p className={styles['muted']}>{endSays(kind)}</p>}
      <div className={styles['actions']}>
        <IncidentSteps incident={incident} leading={alone} />
        <IncidentActions incident={incident} />
      </div>
    </article>
  );
}

function Answered({ incident }: { incident: Incident }) {
  const { state, acknowledgedAt, acknowledgedBy, snoozedUntil, resolvedAt, resolvedBy, resolution } =
    incident;
  return (
    <>
      {acknowledgedAt && state !== 'resolved' && (
        <p className={styles['muted']}>
          <OutsideText text={acknowledgedBy ?? 'Somebody'} /> looks at it since <Moment at={acknowledgedAt} />
          .
        </p>
      )}
      {state === 'snoozed' && snoozedUntil && (
        <p className={styles['muted']}>
          Put aside until <Moment at={snoozedUntil} />.
        </p>
      )}
      {resolvedAt && (
        <p>
          Resolved <Moment at={resolvedAt} /> by <OutsideText text={resolvedBy ?? 'Waybill'} />
          {resolution && (
            <>
              : <PlainWords text={resolution} />
            </>
          )}
        </p>
      )}
    </>
  );
}
