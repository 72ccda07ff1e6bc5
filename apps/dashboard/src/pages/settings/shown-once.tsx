import type { ReactNode } from 'react';
import { CopyButton } from '../../ui/copy-button.tsx';
import styles from './settings.module.css';

/** Something that is told now and never again, with its button to copy. */
export function ShownOnce({ label, text, children }: { label: string; text: string; children?: ReactNode }) {
  return (
    <div role="status" className={styles['once']}>
      <p>
        <strong>{label}</strong>: shown this once, and kept nowhere.
      </p>
      <div className={styles['secret']}>
        <code>{text}</code>
        <CopyButton text={text} label={`Copy ${label.charAt(0).toLowerCase()}${label.slice(1)}`} />
      </div>
      {children}
    </div>
  );
}
