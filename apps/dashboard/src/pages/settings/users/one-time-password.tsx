import type { UserWithPassword } from '#contract';
import { Button } from '../../../ui/button.tsx';
import { DialogActions } from '../../../ui/dialog.tsx';
import { OutsideText } from '../../../ui/outside-text.tsx';
import styles from '../settings.module.css';
import { ShownOnce } from '../shown-once.tsx';

/** What the admin has to hand over, and how. */
export function OneTimePassword({
  made: { user, password },
  onClose,
}: {
  made: UserWithPassword;
  onClose(): void;
}) {
  return (
    <div className={styles['step']}>
      <ShownOnce label="one-time password" text={password} />
      <p>
        Tell <OutsideText text={user.name} /> in person or by phone, not by mail: sign in at{' '}
        <code>{window.location.origin}</code> as <strong>{user.name}</strong> with this password within 72
        hours. It works once; then a password of one’s own is chosen.
      </p>
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </div>
  );
}
