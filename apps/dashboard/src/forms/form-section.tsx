import { type ReactNode, useId } from 'react';
import { Icon } from '../ui/icon.tsx';
import styles from './forms.module.css';

interface FormSectionProps {
  title: string;
  /** In one line, what is found in it. */
  says?: string;
  /** The common things are open; the rest is behind its name. It opens itself where something in it is wrong. */
  open?: boolean;
  children: ReactNode;
}

/** Fields that belong together. */
export function FormSection({ title, says, open = false, children }: FormSectionProps) {
  const id = useId();
  return (
    <details className={styles['section']} open={open} aria-labelledby={id}>
      <summary className={styles['summary']}>
        <Icon name="right" />
        <h2 id={id}>{title}</h2>
        {says !== undefined && <span className={styles['says']}>{says}</span>}
      </summary>
      <div className={styles['fields']}>{children}</div>
    </details>
  );
}

/** Two fields beside each other where there is room. */
export function FieldRow({ children }: { children: ReactNode }) {
  return <div className={styles['row']}>{children}</div>;
}
