import { Link } from '@tanstack/react-router';
import type { UpcomingFiresObject } from '#contract';
import { useMay } from '../../session/me.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Moment } from '../../ui/moment.tsx';
import { EmptyState } from '../../ui/page.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import styles from './lists.module.css';

const SHOWN = 10;

/** What the schedules will do next. */
export function Coming({ coming: { fires }, hours }: { coming: UpcomingFiresObject; hours: number }) {
  const may = useMay();
  if (fires.length === 0) {
    return (
      <EmptyState title={`No schedule fires in the next ${hours} hours.`}>
        {may('createRoute') && (
          <Link to="/new/route" className={buttonClass()}>
            Add a route
          </Link>
        )}
      </EmptyState>
    );
  }
  return (
    <ul className={styles['list']}>
      {fires.slice(0, SHOWN).map(({ route, partners, dueAt, timezone, routePaused }) => (
        <li key={`${route} ${dueAt}`}>
          <span className={styles['when']}>
            <Moment at={dueAt} routeZone={timezone} />
          </span>
          <span className={styles['what']}>
            <Link to="/routes/$name" params={{ name: route }}>
              {route}
            </Link>{' '}
            <span className={styles['muted']}>{partners.join(', ')}</span>
          </span>
          {routePaused && <Badge tone="warn">paused: will wait</Badge>}
          <span className={styles['muted']}>
            <Moment at={dueAt} relative />
          </span>
        </li>
      ))}
    </ul>
  );
}
