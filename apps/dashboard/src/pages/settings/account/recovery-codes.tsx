import { Button } from '../../../ui/button.tsx';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { DialogActions } from '../../../ui/dialog.tsx';
import styles from './account.module.css';

/** Told once; each of them stands in for the authenticator one time. */
export function RecoveryCodes({ codes, onClose }: { codes: readonly string[]; onClose(): void }) {
  return (
    <div className={styles['codes']}>
      <p>
        The second factor is on. If the authenticator is lost, each of these codes works once in its place.
        They are shown now and never again: print them, or keep them where you keep passwords.
      </p>
      <ol aria-label="Recovery codes" className={styles['list']}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <DialogActions>
        <CopyButton text={codes.join('\n')} label="Copy recovery codes" />
        <Button onClick={() => window.print()}>Print</Button>
        <Button look="primary" onClick={onClose}>
          I have kept them
        </Button>
      </DialogActions>
    </div>
  );
}
