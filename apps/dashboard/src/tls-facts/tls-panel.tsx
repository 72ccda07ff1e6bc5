import { Link } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { Attempt, TlsNegotiation } from '#contract';
import { EmptyState } from '../ui/page.tsx';
import { Badge } from '../ui/state-badge.tsx';
import { groupNegotiations, summarize } from './group-negotiations.ts';
import { NegotiationCard } from './negotiation-card.tsx';
import styles from './tls-facts.module.css';

const UNKNOWN = { sourceSessionId: null, destinationSessionId: null };

interface TlsPanelProps {
  negotiations: readonly TlsNegotiation[];
  /** Sessions of an attempt, where they are known: which end is which. */
  sessions?: Pick<Attempt, 'sourceSessionId' | 'destinationSessionId'>;
}

/** Handshakes, control and data connections, by the session they belong to. */
export function TlsPanel({ negotiations, sessions = UNKNOWN }: TlsPanelProps) {
  const groups = groupNegotiations({ ...sessions, negotiations });
  const panel = useRef<HTMLDivElement>(null);
  /** What somebody followed a link to is open, whatever it was before. */
  const [shown, setShown] = useState<string>();
  if (negotiations.length === 0)
    return (
      <EmptyState title="No TLS connection belongs to this attempt.">
        <p>Folders of our own are read without one, and an attempt may end before it connects.</p>
      </EmptyState>
    );
  const { tone, says } = summarize(negotiations);
  const control = new Map(
    groups.map(({ sessionId, negotiations: own }) => [
      sessionId,
      own.find(({ channel }) => channel === 'control'),
    ]),
  );
  const known = new Map(negotiations.map((negotiation) => [negotiation.id, negotiation]));
  const show = (id: string) => {
    setShown(id);
    requestAnimationFrame(() => {
      const target = panel.current?.querySelector<HTMLElement>(`[data-negotiation="${id}"] summary`);
      // It may have been closed by hand since it was shown before.
      target?.closest('details')?.setAttribute('open', '');
      target?.scrollIntoView({ block: 'center' });
      target?.focus();
    });
  };
  return (
    <div ref={panel} className={styles['panel']}>
      <p className={styles['summary']}>
        <Badge tone={tone}>
          {tone === 'good' ? 'as it should be' : tone === 'bad' ? 'refused' : 'look at it'}
        </Badge>{' '}
        {says}
      </p>
      {groups.map(({ sessionId, endpoint, end, negotiations: own }) => (
        <section key={sessionId} className={styles['session']} aria-label={`Session with ${endpoint}`}>
          <h3>
            {end === undefined ? 'Session' : end === 'source' ? 'Source' : 'Destination'}{' '}
            <Link to="/endpoints/$name" params={{ name: endpoint }} search={{ part: 'trust' }}>
              {endpoint}
            </Link>
          </h3>
          <ul className={styles['negotiations']}>
            {own.map((negotiation) => (
              <li key={negotiation.id}>
                <NegotiationCard
                  negotiation={negotiation}
                  origin={negotiation.resumedFrom === null ? undefined : known.get(negotiation.resumedFrom)}
                  onShowOrigin={show}
                  open={
                    shown === negotiation.id ||
                    negotiation.verdict === 'refused' ||
                    negotiation === (control.get(sessionId) ?? own[0])
                  }
                />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
