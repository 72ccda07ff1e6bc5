import type { ReactNode } from 'react';
import styles from './disclosure.module.css';
import { Icon } from './icon.tsx';

interface DisclosureProps {
  title: ReactNode;
  /** Open as it comes. */
  open?: boolean;
  onToggle?(open: boolean): void;
  children: ReactNode;
}

/** Details behind a line. The browser's own element: it is found by a search in the page, and opens by it. */
export function Disclosure({ title, open = false, onToggle, children }: DisclosureProps) {
  return (
    <details
      className={styles['disclosure']}
      open={open}
      onToggle={(event) => onToggle?.(event.currentTarget.open)}
    >
      <summary className={styles['summary']}>
        <span className={styles['mark']}>
          <Icon name="right" />
        </span>
        {title}
      </summary>
      <div className={styles['content']}>{children}</div>
    </details>
  );
}
