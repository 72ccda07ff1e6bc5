import type { ReactNode } from 'react';
import { joinClasses } from './join-classes.ts';
import styles from './progress.module.css';
import type { Tone } from './state-badge.tsx';

interface ProgressProps {
  /** What comes forward: `nightly.csv`. */
  label: string;
  /** 0 to 1; null where the end is not known. */
  share: number | null;
  /** The same in words, read out and shown: `3 of 12 files, 1.2 MiB/s, 40 s left`. */
  text: string;
  /** Beside the text; for what screen readers need not hear each time. */
  beside?: ReactNode;
  tone?: Tone;
}

/** A bar with its words. */
export function Progress({ label, share, text, beside, tone = 'busy' }: ProgressProps) {
  const percent = share === null ? undefined : Math.round(Math.min(Math.max(share, 0), 1) * 100);
  return (
    <div className={styles['progress']}>
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={text}
        className={styles['track']}
      >
        <div
          className={joinClasses(styles['bar'], styles[tone], percent === undefined && styles['unknown'])}
          style={percent === undefined ? undefined : { width: `${percent}%` }}
        />
      </div>
      <p className={styles['text']}>
        <span aria-hidden>{text}</span>
        {beside}
      </p>
    </div>
  );
}
