import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../../../api/call.ts';
import { fieldProblems } from '../../../api/problem.ts';
import { Button } from '../../../ui/button.tsx';
import { TextField } from '../../../ui/fields.tsx';
import { Section } from '../../../ui/page.tsx';
import { ProblemNotice } from '../../../ui/problem-notice.tsx';
import { tell } from '../../../ui/tell.tsx';
import styles from '../settings.module.css';

export function ChangePassword({ name }: { name: string }) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const queries = useQueryClient();
  const change = useMutation({
    gcTime: 0,
    mutationFn: () => call('changePassword', { body: { current, next } }),
    onSuccess: async () => {
      setCurrent('');
      setNext('');
      tell('Your password is changed. All your other sessions have ended.');
      await queries.invalidateQueries({ queryKey: ['listSessions'] });
    },
  });
  const problem = fieldProblems(change.error).find(({ path }) => path.endsWith('next'))?.message;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Section title="Password">
      <form className={styles['form']} onSubmit={submit}>
        {/* Password managers keep it under this name. */}
        <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
        <TextField
          label="Current password"
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <TextField
          label="New password"
          hint="At least 12 characters. All your other sessions end."
          type="password"
          autoComplete="new-password"
          required
          problem={problem}
          value={next}
          onChange={(event) => setNext(event.target.value)}
        />
        {change.error && problem === undefined && (
          <ProblemNotice error={change.error} what="The password is as it was" />
        )}
        <Button type="submit" className={styles['start']} busy={change.isPending}>
          Change password
        </Button>
      </form>
    </Section>
  );
}
