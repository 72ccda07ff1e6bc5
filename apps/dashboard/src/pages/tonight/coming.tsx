import { Link } from '@tanstack/react-router';
import type { UpcomingFiresObject } from '#contract';
import { useMay } from '../../session/me.ts';
import { countOf } from '../../ui/amounts.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Moment } from '../../ui/moment.tsx';
import { EmptyState } from '../../ui/page.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import styles from './lists.module.css';

const SHOWN = 8;

/** What the schedules will do next: each route once, however often it fires. */
export function Coming({ coming: { fires }, hours }: { coming: UpcomingFiresObject; hours: number }) {
  const may = useMay();
  const next = [...Map.groupBy(fires, ({ route }) => route).values()];
  if (next.length === 0) {
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
      {next.slice(0, SHOWN).map(([fire, ...later]) => (
        <NextFire key={fire!.route} fire={fire!} later={later.length} />
      ))}
      {next.length > SHOWN && (
        <li className={styles['muted']}>
          {countOf(next.length - SHOWN, 'more route')} in the next {hours} hours
        </li>
      )}
    </ul>
  );
}

type Fire = UpcomingFiresObject['fires'][number];

function NextFire({
  fire: { route, partners, dueAt, timezone, routePaused },
  later,
}: {
  fire: Fire;
  later: number;
}) {
  return (
    <li>
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
        {later > 0 && `, then ${countOf(later, 'time')}`}
      </span>
    </li>
  );
}
