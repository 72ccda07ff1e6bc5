import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Me } from '#contract';
import { call, setCsrfToken } from '../../api/call.ts';
import { Refused } from '../../api/problem.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/fields.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import styles from './sign-in-page.module.css';

/** Name, password, and the code where there is a second factor. Also shown over a page whose session has ended. */
export function SignInForm({
  onDone,
  name: given = '',
}: {
  onDone(me: Me, password: string): void;
  name?: string;
}) {
  const [name, setName] = useState(given);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const signIn = useMutation({
    mutationFn: () => call('signIn', { body: { name, password, ...(code !== '' && { code: code.trim() }) } }),
    onSuccess: (me) => {
      setCsrfToken(me.session?.csrfToken);
      onDone(me, password);
    },
  });
  const asksForCode = signIn.error instanceof Refused && signIn.error.code === 'second_factor_required';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <form className={styles['form']} onSubmit={submit}>
      <h1>Sign in</h1>
      <TextField
        label="Name"
        name="username"
        autoComplete="username"
        required
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label="Password"
        type="password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {(asksForCode || code !== '') && (
        <TextField
          label="Code"
          hint="Six digits of your authenticator, or a recovery code"
          name="code"
          autoComplete="one-time-code"
          inputMode="numeric"
          autoFocus
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      )}
      {signIn.error && !(asksForCode && code === '') && <ProblemNotice error={signIn.error} />}
      <Button type="submit" look="primary" busy={signIn.isPending}>
        Sign in
      </Button>
    </form>
  );
}
