import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Me } from '#contract';
import { call, setCsrfToken } from '../../api/call.ts';
import { Refused } from '../../api/problem.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/fields.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { CodeField } from './code-field.tsx';
import { ProviderLink } from './provider-link.tsx';
import styles from './sign-in-page.module.css';
import { useWait } from './use-wait.ts';

interface SignInFormProps {
  onDone(me: Me, password: string): void;
  /** Over a page whose session has ended: who was here. */
  name?: string;
}

/** Name, password, and the code where there is a second factor; or the identity provider, where there is one. */
export function SignInForm({ onDone, name: given = '' }: SignInFormProps) {
  const [name, setName] = useState(given);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [needsCode, setNeedsCode] = useState(false);
  const signIn = useMutation({
    gcTime: 0,
    mutationFn: () => call('signIn', { body: { name, password, ...(code !== '' && { code: code.trim() }) } }),
    onSuccess: (me) => {
      setCsrfToken(me.session?.csrfToken);
      onDone(me, password);
    },
    onError: (error) => {
      if (isAskedForCode(error)) setNeedsCode(true);
    },
  });
  const wait = useWait(signIn.error);
  // The first time it is no failure: the password was right.
  const isFirstAsked = isAskedForCode(signIn.error) && code === '';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <div className={styles['ways']}>
      <form className={styles['form']} onSubmit={submit}>
        <TextField
          label="Name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          value={name}
          onChange={(event) => {
            setName(event.target.value);
            setNeedsCode(false);
            setCode('');
          }}
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
        {needsCode && <CodeField value={code} onChange={setCode} />}
        {signIn.error && !isFirstAsked && <ProblemNotice error={signIn.error} />}
        <Button type="submit" look="primary" busy={signIn.isPending} disabled={wait > 0}>
          {wait > 0 ? `Try again in ${wait} s` : 'Sign in'}
        </Button>
      </form>
      <ProviderLink overPage={given !== ''} />
    </div>
  );
}

function isAskedForCode(error: unknown): boolean {
  return error instanceof Refused && error.code === 'second_factor_required';
}
