import { IconButton } from '../ui/button.tsx';
import { copyText } from '../ui/copy-text.ts';
import { Icon } from '../ui/icon.tsx';
import { tell } from '../ui/tell.tsx';
import styles from './filters.module.css';

/** The beginning of a hash, and a way to all of it. Says what it did in the corner: thousands of rows have one. */
export function CopyHash({ sha256 }: { sha256: string }) {
  const copy = async () => {
    const copied = await copyText(sha256);
    tell(copied ? 'SHA-256 copied' : { title: 'This browser does not let pages copy', tone: 'warn' });
  };
  return (
    <span className={styles['hash']}>
      <code title={sha256}>{sha256.slice(0, 8)}</code>
      <IconButton label="Copy SHA-256" onClick={() => void copy()}>
        <Icon name="copy" />
      </IconButton>
    </span>
  );
}
