import type { FormEvent, ReactNode } from 'react';
import { Button } from '../../ui/button.tsx';
import { DialogActions } from '../../ui/dialog.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import styles from './settings.module.css';

interface StepProps {
  /** `Make user`. */
  verb: string;
  busy: boolean;
  error: unknown;
  disabled?: boolean;
  onSubmit(): void;
  onClose(): void;
  children: ReactNode;
}

/** A form in a dialog: its fields, what the api has against it, back and on. */
export function Step({ verb, busy, error, disabled = false, onSubmit, onClose, children }: StepProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form className={styles['step']} onSubmit={submit}>
      {children}
      {error != null && <ProblemNotice error={error} />}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy} disabled={disabled}>
          {verb}
        </Button>
      </DialogActions>
    </form>
  );
}
