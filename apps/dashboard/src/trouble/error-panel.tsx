import type { ReactNode } from 'react';
import type { ErrorObject } from '#contract';
import { Icon } from '../ui/icon.tsx';
import { joinClasses } from '../ui/join-classes.ts';
import { OutsideText } from '../ui/outside-text.tsx';
import { phaseInWords } from './next-steps.ts';
import { PlainWords } from './plain-words.tsx';
import styles from './trouble.module.css';

interface ErrorPanelProps {
  /** What it is an error of: `What went wrong`. */
  title: string;
  error: ErrorObject & { reply?: string | null };
  /** It waits for a person, and is not lost. */
  held?: boolean;
  /** Which file, which endpoint. */
  about?: ReactNode;
  /** What to do next. */
  children?: ReactNode;
}

/** Cause first, in words; then what exactly was met, for whoever has to tell the partner. */
export function ErrorPanel({ title, error, held = false, about, children }: ErrorPanelProps) {
  const { code, phase, detail, sentence, reply } = error;
  return (
    <section aria-label={title} className={joinClasses(styles['panel'], held && styles['held'])}>
      <span className={styles['mark']}>
        <Icon name="warn" size={20} />
      </span>
      <div className={styles['body']}>
        {about}
        <p className={styles['sentence']}>
          <PlainWords text={sentence} />
        </p>
        {detail && !sentence.startsWith(detail) && (
          <p className={styles['detail']}>
            <OutsideText text={detail} />
          </p>
        )}
        {reply && !detail?.includes(reply) && (
          <p className={styles['detail']}>
            The server said:{' '}
            <code>
              <OutsideText text={reply} />
            </code>
          </p>
        )}
        <p className={styles['code']}>
          <code>{code}</code>
          {phase && ` while ${phaseInWords(phase)}`}
        </p>
        {children}
      </div>
    </section>
  );
}
