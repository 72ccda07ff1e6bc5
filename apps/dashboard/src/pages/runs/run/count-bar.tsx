import type { Run } from '#contract';
import { partsOf, settledOf, totalOf } from '../../../files/state-counts.ts';
import { showCount } from '../../../ui/amounts.ts';
import { joinClasses } from '../../../ui/join-classes.ts';
import styles from './run.module.css';

/** All files of a run as one bar; what it says in words stands in its legend. */
export function CountBar({ counts }: { counts: Run['transferCounts'] }) {
  const parts = partsOf(counts);
  const total = totalOf(counts);
  return (
    <>
      <div
        role="progressbar"
        aria-label="Files of the run"
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={settledOf(counts)}
        aria-valuetext={parts.map(({ count, title }) => `${showCount(count)} ${title}`).join(', ')}
        className={styles['bar']}
      >
        {parts.map(({ kind, tone, count }) => (
          <span key={kind} className={joinClasses(styles[tone], styles[kind])} style={{ flexGrow: count }} />
        ))}
      </div>
      <ul className={styles['legend']}>
        {parts.map(({ kind, tone, count, title }) => (
          <li key={kind}>
            <span aria-hidden className={joinClasses(styles['swatch'], styles[tone], styles[kind])} />
            <strong>{showCount(count)}</strong> {title}
          </li>
        ))}
      </ul>
    </>
  );
}
