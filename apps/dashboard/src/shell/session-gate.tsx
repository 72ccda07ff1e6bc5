import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Me } from '#contract';
import { onSessionEnd } from '../api/call.ts';
import { ChoosePassword } from '../pages/sign-in/choose-password.tsx';
import { SignInForm } from '../pages/sign-in/sign-in-form.tsx';
import { meQuery, useMe } from '../session/me.ts';
import { Dialog } from '../ui/dialog.tsx';
import styles from './session-gate.module.css';

/**
 * A session that has ended is begun again over the page: what was typed there is still there afterwards. Somebody else
 * gets a page of his own.
 */
export function SessionGate() {
  const me = useMe();
  const client = useQueryClient();
  const [ended, setEnded] = useState(false);
  const [mustChoose, setMustChoose] = useState(false);
  const [oneTime, setOneTime] = useState<string>();
  const first = useRef(me.name);
  const sessionId = me.session?.id;
  const before = useRef(sessionId);

  useEffect(() => onSessionEnd(() => setEnded(true)), []);

  // Here or in another tab: somebody has signed in.
  useEffect(() => {
    if (before.current === sessionId) return;
    before.current = sessionId;
    if (me.name !== first.current) return window.location.reload();
    if (me.session?.passwordIsOneTime) return setMustChoose(true);
    setMustChoose(false);
    setEnded(false);
    void client.invalidateQueries({
      predicate: ({ queryKey: [name] }) => name !== 'pages' && name !== 'getMe',
    });
  }, [me, sessionId, client]);

  const begun = (next: Me, password: string) => {
    setOneTime(next.session?.passwordIsOneTime ? password : undefined);
    client.setQueryData(meQuery.queryKey, next);
  };
  const chosen = async () => {
    setOneTime(undefined);
    // The api has another session for whoever has a password of his own.
    const next = await client.fetchQuery({ ...meQuery, staleTime: 0 });
    if (next?.session?.passwordIsOneTime === false) {
      setMustChoose(false);
      setEnded(false);
    }
    await client.invalidateQueries();
  };
  return (
    <Dialog
      title="Your session has ended"
      description={mustChoose ? undefined : 'Sign in again. What you typed is still there.'}
      open={ended || mustChoose}
      onClose={() => undefined}
      closable={false}
      holds
    >
      {mustChoose ? (
        <ChoosePassword oneTime={oneTime} onDone={() => void chosen()} />
      ) : (
        <div className={styles['again']}>
          <SignInForm name={me.name} onDone={begun} />
        </div>
      )}
    </Dialog>
  );
}
