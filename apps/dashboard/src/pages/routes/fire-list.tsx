import type { SchedulePreviewObject } from '#contract';
import { Icon } from '../../ui/icon.tsx';
import { joinClasses } from '../../ui/join-classes.ts';
import { Moment } from '../../ui/moment.tsx';
import { useNow } from '../../ui/now.ts';
import { OutsideText } from '../../ui/outside-text.tsx';
import { Badge, type Tone } from '../../ui/state-badge.tsx';
import styles from './fire-list.module.css';
import { fireClock, fireDay, splitInstants } from './fire-text.ts';

export const OUTCOMES: Readonly<
  Record<SchedulePreviewObject['fires'][number]['outcome'], { tone: Tone; says: string }>
> = {
  run: { tone: 'good', says: 'run' },
  skipped: { tone: 'idle', says: 'skipped' },
  coalesced: { tone: 'idle', says: 'coalesced' },
  missed: { tone: 'warn', says: 'missed' },
};

/** The next moments of a schedule on the clock of its zone, each with what a change of the clock or the window does to it. */
export function FireList({ preview: { fires, notes, timezone } }: { preview: SchedulePreviewObject }) {
  const now = useNow();
  return (
    <>
      {notes.map(({ kind, says }) => (
        <p key={kind} className={joinClasses(styles['note'], kind === 'no_more_fires' && styles['quiet'])}>
          <OutsideText text={says} />
        </p>
      ))}
      <ol className={styles['fires']} aria-label={`Next fires, ${timezone}`}>
        {fires.map((fire) => (
          <li key={fire.dueAt} className={styles['fire']}>
            <span className={styles['day']}>{fireDay(fire.localTime, now)}</span>
            <Clock localTime={fire.localTime} />
            <span className={styles['beside']}>
              <Moment at={fire.dueAt} relative />
              {fire.outcome !== 'run' && (
                <Badge tone={OUTCOMES[fire.outcome].tone}>{OUTCOMES[fire.outcome].says}</Badge>
              )}
            </span>
            {(fire.reason !== null || fire.notes.length > 0) && (
              <span className={styles['why']}>
                {fire.reason !== null && <Why text={fire.reason} zone={timezone} />}
                {fire.notes.map(({ kind, says }) => (
                  <Why key={kind} text={says} zone={timezone} />
                ))}
              </span>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}

function Clock({ localTime }: { localTime: string }) {
  const { clock, offset } = fireClock(localTime);
  return (
    <span className={styles['clock']}>
      {clock} <span className={styles['offset']}>{offset}</span>
    </span>
  );
}

function Why({ text, zone }: { text: string; zone: string }) {
  return (
    <span className={styles['reason']}>
      <Icon name="clock" size={12} />
      <span>
        {splitInstants(text).map(({ at, text: part, isInstant }) =>
          isInstant ? <Moment key={at} at={part} routeZone={zone} /> : <OutsideText key={at} text={part} />,
        )}
      </span>
    </span>
  );
}
