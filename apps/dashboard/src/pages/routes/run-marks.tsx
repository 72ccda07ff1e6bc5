import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { Run } from '#contract';
import { useTimeZone } from '../../look/zone.tsx';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { joinClasses } from '../../ui/join-classes.ts';
import { Moment } from '../../ui/moment.tsx';
import { shortMoment } from '../../ui/moment-text.ts';
import { useNow } from '../../ui/now.ts';
import { type Tone, toneOf } from '../../ui/state-badge.tsx';
import { LAST_RUNS, olderRunsQuery } from './route-queries.ts';
import styles from './run-marks.module.css';

/** Shape and colour say the same. */
const SHAPES: Readonly<Record<Tone, IconName>> = {
  good: 'check',
  busy: 'play',
  warn: 'warn',
  bad: 'close',
  idle: 'clock',
};

interface RunMarksProps {
  route: string;
  /** Those of this route among the newest of all, newest first; undefined while they are read. */
  newest: readonly Run[] | undefined;
}

/** The last runs of a route, newest first, each a mark that leads to it; the newest in words. */
export function RunMarks({ route, newest }: RunMarksProps) {
  const frame = useRef<HTMLDivElement>(null);
  const inSight = useInSight(frame);
  const few = newest !== undefined && newest.length < LAST_RUNS;
  const older = useQuery({ ...olderRunsQuery(route), enabled: few && inSight });
  const known = new Set(newest?.map(({ id }) => id));
  const runs = [...(newest ?? []), ...(older.data ?? []).filter(({ id }) => !known.has(id))].slice(
    0,
    LAST_RUNS,
  );
  const [last] = runs;
  return (
    <div ref={frame} className={styles['frame']}>
      {last ? (
        <>
          <ul className={styles['marks']} aria-label={`Last runs of ${route}, newest first`}>
            {runs.map((run) => (
              <Mark key={run.id} run={run} />
            ))}
          </ul>
          <span className={styles['words']}>
            {last.state.replaceAll('_', ' ')}, <Moment at={last.finishedAt ?? last.createdAt} relative />
          </span>
        </>
      ) : (
        <span className={styles['words']}>{older.data ? 'never run' : ' '}</span>
      )}
    </div>
  );
}

function Mark({ run: { id, state, createdAt, startedAt } }: { run: Run }) {
  const zone = useTimeZone();
  const now = useNow();
  const tone = toneOf(state);
  const says = `${state.replaceAll('_', ' ')}, ${shortMoment(new Date(startedAt ?? createdAt), zone, now)}`;
  return (
    <li>
      <Link
        to="/runs/$id"
        params={{ id }}
        className={joinClasses(styles['mark'], styles[tone])}
        aria-label={says}
        title={says}
      >
        <Icon name={SHAPES[tone]} size={12} />
      </Link>
    </li>
  );
}

/** Once it was, it stays so. */
function useInSight(frame: React.RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!frame.current) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && setSeen(true),
      { rootMargin: '200px' },
    );
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, [frame]);
  return seen;
}
