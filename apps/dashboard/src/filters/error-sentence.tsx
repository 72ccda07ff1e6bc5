import type { ReactNode } from 'react';
import type { ErrorObject } from '#contract';
import { OutsideText } from '../ui/outside-text.tsx';
import { visibleText } from '../ui/visible-text.ts';
import styles from './filters.module.css';

interface ErrorSentenceProps {
  error: Pick<ErrorObject, 'sentence'>;
  /** Only there: on the second line of a row. Without it, only elsewhere. */
  onPhone?: boolean;
}

/** What went wrong, in a row of a list: cut where the row ends, whole when pointed at. */
export function ErrorSentence({ error: { sentence }, onPhone = false }: ErrorSentenceProps) {
  return (
    <span className={styles[onPhone ? 'onPhone' : 'error']} title={visibleText(sentence)}>
      <OutsideText text={sentence} />
    </span>
  );
}

interface NamedRowProps {
  /** All of it, where what is shown is a part or may be cut. */
  title?: string;
  error: Pick<ErrorObject, 'sentence'> | null;
  children: ReactNode;
}

/** The name of a row with what happened behind it, as far as there is room. */
export function NamedRow({ title, error, children }: NamedRowProps) {
  // Nearly all rows: each element less is felt where thousands are scrolled by.
  if (!error) return title === undefined ? children : <span title={title}>{children}</span>;
  return (
    <span className={styles['named']}>
      <span className={styles['name']} {...(title !== undefined && { title })}>
        {children}
      </span>{' '}
      <ErrorSentence error={error} />
    </span>
  );
}
