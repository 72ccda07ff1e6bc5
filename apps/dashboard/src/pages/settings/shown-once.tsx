import type { ReactNode } from 'react';
import { CopyButton } from '../../ui/copy-button.tsx';
import styles from './settings.module.css';

/** Something that is told now and never again, with its button to copy. `label`: `API key`, `one-time password`. */
export function ShownOnce({ label, text, children }: { label: string; text: string; children?: ReactNode }) {
  return (
    <div role="status" className={styles['once']}>
      <p>
        <strong>{capital(label)}</strong>: shown this once, and kept nowhere.
      </p>
      <div className={styles['secret']}>
        <code>{text}</code>
        <CopyButton text={text} label={`Copy ${label}`} />
      </div>
      {children}
    </div>
  );
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
