import type { SchedulePreviewObject } from '#contract';
import { Icon } from '../../ui/icon.tsx';
import { joinClasses } from '../../ui/join-classes.ts';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { Badge, type Tone } from '../../ui/state-badge.tsx';
import styles from './fire-list.module.css';
import { fireClock, fireDay } from './fire-text.ts';

export const OUTCOMES: Readonly<
  Record<SchedulePreviewObject['fires'][number]['outcome'], { tone: Tone; says: string }>
> = {
  run: { tone: 'good', says: 'run' },
  skipped: { tone: 'idle', says: 'skipped' },
  coalesced: { tone: 'idle', says: 'stood for by a later one' },
  missed: { tone: 'warn', says: 'missed' },
};

/** The next moments of a schedule on the clock of its zone, each with what a change of the clock or the window does to it. */
export function FireList({ preview: { fires, notes, timezone } }: { preview: SchedulePreviewObject }) {
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
            <span className={styles['day']}>{fireDay(fire.localTime)}</span>
            <span className={styles['clock']}>{fireClock(fire.localTime)}</span>
            <span className={styles['beside']}>
              <Moment at={fire.dueAt} relative />
              {fire.outcome !== 'run' && (
                <Badge tone={OUTCOMES[fire.outcome].tone}>{OUTCOMES[fire.outcome].says}</Badge>
              )}
            </span>
            {(fire.reason !== null || fire.notes.length > 0) && (
              <span className={styles['why']}>
                {fire.reason !== null && <Why text={fire.reason} />}
                {fire.notes.map(({ kind, says }) => (
                  <Why key={kind} text={says} />
                ))}
              </span>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}

function Why({ text }: { text: string }) {
  return (
    <span className={styles['reason']}>
      <Icon name="clock" size={12} />
      <OutsideText text={text} />
    </span>
  );
}
