import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../../api/call.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/fields.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import styles from './sign-in-page.module.css';

interface ChoosePasswordProps {
  /** As it was typed a moment ago; asked for where the page was left in between. */
  oneTime: string | undefined;
  onDone(): void;
}

/** After a one-time password nothing else is allowed until there is one that nobody else knows. */
export function ChoosePassword({ oneTime, onDone }: ChoosePasswordProps) {
  const [current, setCurrent] = useState(oneTime ?? '');
  const [next, setNext] = useState('');
  const change = useMutation({
    gcTime: 0,
    mutationFn: () => call('changePassword', { body: { current, next } }),
    onSuccess: onDone,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <form className={styles['form']} onSubmit={submit}>
      <p>The one you signed in with was for this once. Choose one that only you know.</p>
      {oneTime === undefined && (
        <TextField
          label="One-time password"
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
        />
      )}
      <TextField
        label="New password"
        hint="At least 12 characters"
        type="password"
        autoComplete="new-password"
        required
        value={next}
        onChange={(event) => setNext(event.target.value)}
      />
      {change.error && <ProblemNotice error={change.error} />}
      <Button type="submit" look="primary" busy={change.isPending}>
        Continue
      </Button>
    </form>
  );
}
