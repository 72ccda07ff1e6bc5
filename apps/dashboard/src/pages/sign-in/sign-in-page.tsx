import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { meQuery } from '../../session/me.ts';
import { ChoosePassword } from './choose-password.tsx';
import { InsecureWay } from './insecure-way.tsx';
import { refusalText } from './refusals.ts';
import { SignInForm } from './sign-in-form.tsx';
import styles from './sign-in-page.module.css';
import { signInWaysQuery } from './sign-in-ways.ts';
import { wayBack } from './way-back.ts';

/** The only page for nobody: name and password, the second factor, the identity provider, and the first password of one's own. */
export function SignInPage() {
  const { to, refused } = useSearch({ from: '/sign-in' });
  const router = useRouter();
  const queries = useQueryClient();
  const { data: me } = useQuery(meQuery);
  const { data: ways } = useQuery(signInWaysQuery);
  // Between the two forms only, so that nobody types a one-time password twice.
  const [oneTime, setOneTime] = useState<string>();
  const mustChoose = me?.session?.passwordIsOneTime === true;
  const ready = me != null && !mustChoose;
  useEffect(() => {
    document.title = 'Sign in · Waybill';
    // As a whole address: what stands in its filters is not taken apart.
    if (ready) router.history.replace(wayBack(to));
  }, [ready, to, router]);
  const refusal = refusalText(refused);
  return (
    <main className={styles['page']}>
      <div className={styles['card']}>
        <p className={styles['brand']}>
          <img src="/icon.svg" alt="" width="28" height="28" />
          Waybill
        </p>
        {mustChoose ? (
          <>
            <h1>Choose a password</h1>
            <ChoosePassword oneTime={oneTime} onDone={() => queries.resetQueries()} />
          </>
        ) : (
          <>
            <h1>Sign in</h1>
            {refusal !== undefined && (
              <p role="alert" className={styles['refused']}>
                {refusal}
              </p>
            )}
            {ways?.secure === false ? (
              <InsecureWay />
            ) : (
              <SignInForm
                onDone={(signedIn, password) => {
                  setOneTime(signedIn.session?.passwordIsOneTime ? password : undefined);
                  queries.setQueryData(meQuery.queryKey, signedIn);
                }}
              />
            )}
          </>
        )}
      </div>
    </main>
  );
}
