import { Link } from '@tanstack/react-router';
import type { OverviewObject } from '#contract';
import { countOf, showBytes, showCount } from '../../ui/amounts.ts';
import { joinClasses } from '../../ui/join-classes.ts';
import styles from './totals.module.css';

interface TotalsProps {
  totals: OverviewObject['totals'];
  hours: number;
  /** From when on they count: lists that they lead to begin there too. */
  since: string;
}

/** The night in six numbers; those that are bad stand out only when they are not zero. */
export function Totals({ totals, hours, since }: TotalsProps) {
  const { runs, transfers } = totals;
  const underWay = (runs.running ?? 0) + (runs.queued ?? 0);
  const undelivered = (runs.failed ?? 0) + (runs.partly_delivered ?? 0);
  return (
    <section aria-label={`The last ${hours} hours`} className={styles['totals']}>
      <Total title="Files delivered" value={showCount(totals.filesDelivered)}>
        {showBytes(totals.bytesDelivered)}
      </Total>
      <Total title="Runs delivered" value={showCount(runs.delivered ?? 0)}>
        of {showCount(Object.values(runs).reduce((sum, count) => sum + count, 0))}
      </Total>
      <Total title="Under way" value={showCount(underWay)} tone={underWay > 0 ? 'busy' : undefined}>
        {countOf(runs.queued ?? 0, 'run')} waiting
      </Total>
      <Total
        title="Failed files"
        value={showCount(totals.failedFiles)}
        tone={totals.failedFiles > 0 ? 'bad' : undefined}
      >
        {totals.failedFiles > 0 ? (
          <Link to="/transfers" search={{ state: 'failed', since }}>
            Show them
          </Link>
        ) : (
          'None'
        )}
      </Total>
      <Total
        title="Runs not delivered"
        value={showCount(undelivered)}
        tone={undelivered > 0 ? 'bad' : undefined}
      >
        {undelivered > 0 ? (
          <Link to="/runs" search={{ state: runs.failed ? 'failed' : 'partly_delivered', since }}>
            Show them
          </Link>
        ) : (
          'None'
        )}
      </Total>
      <Total title="Held" value={showCount(transfers.held ?? 0)} tone={transfers.held ? 'warn' : undefined}>
        {transfers.held ? (
          <Link to="/transfers" search={{ state: 'held' }}>
            Decide
          </Link>
        ) : (
          'Nothing waits for a decision'
        )}
      </Total>
    </section>
  );
}

interface TotalProps {
  title: string;
  value: string;
  tone?: 'busy' | 'bad' | 'warn' | undefined;
  children: React.ReactNode;
}

function Total({ title, value, tone, children }: TotalProps) {
  return (
    <div className={joinClasses(styles['total'], tone && styles[tone])}>
      <p className={styles['title']}>{title}</p>
      <p className={styles['value']}>{value}</p>
      <p className={styles['beside']}>{children}</p>
    </div>
  );
}
