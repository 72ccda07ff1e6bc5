import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { meQuery } from '../../../session/me.ts';
import { Button } from '../../../ui/button.tsx';
import { Section } from '../../../ui/page.tsx';
import { Badge } from '../../../ui/state-badge.tsx';
import styles from '../settings.module.css';
import { AddSecondFactor } from './add-second-factor.tsx';
import { RemoveSecondFactor } from './remove-second-factor.tsx';

/** An authenticator app beside the password. */
export function SecondFactor({ hasOne }: { hasOne: boolean }) {
  const [open, setOpen] = useState<'add' | 'remove'>();
  const queries = useQueryClient();
  const close = () => {
    setOpen(undefined);
    void queries.invalidateQueries({ queryKey: meQuery.queryKey });
  };
  return (
    <Section title="Second factor">
      <div className={styles['badges']}>
        {hasOne ? <Badge tone="good">on</Badge> : <Badge tone="warn">off</Badge>}
        <span>
          {hasOne
            ? 'Every sign-in asks for a code of your authenticator as well.'
            : 'Whoever knows your password can sign in as you. A code of an authenticator app prevents that.'}
        </span>
      </div>
      {hasOne ? (
        <Button look="danger" className={styles['start']} onClick={() => setOpen('remove')}>
          Remove second factor
        </Button>
      ) : (
        <Button className={styles['start']} onClick={() => setOpen('add')}>
          Add second factor
        </Button>
      )}
      {open === 'add' && <AddSecondFactor onClose={close} />}
      {open === 'remove' && <RemoveSecondFactor onClose={close} />}
    </Section>
  );
}
