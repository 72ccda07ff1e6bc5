import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { fieldProblems } from '../api/problem.ts';
import { Button } from './button.tsx';
import styles from './dialog.module.css';
import { Dialog, DialogActions } from './dialog.tsx';
import { TextArea } from './fields.tsx';
import { ProblemNotice } from './problem-notice.tsx';

interface AskProps {
  title: string;
  /** What it does, and what it does not undo. */
  description?: ReactNode;
  open: boolean;
  onClose(): void;
  /** The verb: `Cancel run`. */
  confirm: string;
  /** The way out, where `Cancel` would be read as the deed itself. */
  dismiss?: string;
  danger?: boolean;
  /** More fields, above the reason. */
  children?: ReactNode;
}

interface ReasonDialogProps extends AskProps {
  reason: 'required' | 'optional';
  /** What a good reason tells: `Who confirmed it, and where it is written down`. */
  hint?: string;
  /** undefined for no reason. A rejection is shown in the dialog, which stays as it is. */
  onConfirm(reason: string | undefined): Promise<unknown>;
}

/** Asks before something is done, and why; the reason goes into the audit. What was typed outlives a refusal. */
export function ReasonDialog({ reason, hint, onConfirm, ...ask }: ReasonDialogProps) {
  const [text, setText] = useState('');
  const given = text.trim();
  const problem = (error: unknown) => fieldProblems(error).find(({ path }) => path === 'reason')?.message;
  const confirm = async () => {
    await onConfirm(given === '' ? undefined : given);
    setText('');
  };
  return (
    <AskDialog {...ask} holds={given !== ''} onConfirm={confirm}>
      {(error) => (
        <>
          {ask.children}
          <TextArea
            label={reason === 'required' ? 'Reason' : 'Reason (optional)'}
            hint={hint ?? 'It is kept in the audit.'}
            problem={problem(error)}
            required={reason === 'required'}
            maxLength={1_000}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </>
      )}
    </AskDialog>
  );
}

/** Asks before something is done that needs no reason. */
export function ConfirmDialog({ onConfirm, ...ask }: AskProps & { onConfirm(): Promise<unknown> }) {
  return (
    <AskDialog {...ask} holds={false} onConfirm={onConfirm}>
      {() => ask.children}
    </AskDialog>
  );
}

interface AskDialogProps extends Omit<AskProps, 'children'> {
  holds: boolean;
  onConfirm(): Promise<unknown>;
  children(error: unknown): ReactNode;
}

function AskDialog({
  confirm,
  dismiss = 'Back',
  danger = false,
  onConfirm,
  children,
  ...dialog
}: AskDialogProps) {
  const deed = useMutation({ mutationFn: onConfirm, onSuccess: dialog.onClose });
  const close = () => {
    deed.reset();
    dialog.onClose();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A dialog may stand in a form of the page.
    event.stopPropagation();
    deed.mutate();
  };
  return (
    <Dialog {...dialog} onClose={close}>
      <form className={styles['form']} onSubmit={submit}>
        {children(deed.error)}
        {deed.error && <ProblemNotice error={deed.error} />}
        <DialogActions>
          <Button onClick={close}>{dismiss}</Button>
          <Button type="submit" look={danger ? 'danger' : 'primary'} busy={deed.isPending}>
            {confirm}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
