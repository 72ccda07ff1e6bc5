import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { UserWithPassword } from '#contract';
import { call } from '../../../api/call.ts';
import { fieldProblems } from '../../../api/problem.ts';
import { Dialog } from '../../../ui/dialog.tsx';
import { TextField } from '../../../ui/fields.tsx';
import type { Reach } from '../reach.ts';
import { ReachField } from '../reach-field.tsx';
import { RoleField } from '../role-field.tsx';
import type { RoleName } from '../roles/role-words.ts';
import styles from '../settings.module.css';
import { Step } from '../step.tsx';
import { OneTimePassword } from './one-time-password.tsx';

/** `fourEyes`: whoever knows a one-time password could be a second person by it. */
export function CreateUserDialog({ fourEyes, onClose }: { fourEyes: boolean; onClose(): void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<RoleName>('viewer');
  const [partners, setPartners] = useState<Reach>('all');
  const [made, setMade] = useState<UserWithPassword>();
  const queries = useQueryClient();
  const create = useMutation({
    gcTime: 0,
    mutationFn: () => call('createUser', { body: { name: name.trim(), role, partners } }),
    onSuccess: (answer) => {
      setMade(answer);
      void queries.invalidateQueries({ queryKey: ['listUsers'] });
    },
  });
  const problem = (field: string) =>
    fieldProblems(create.error).find(({ path }) => path.endsWith(field))?.message;
  return (
    <Dialog
      open
      title={made ? `${made.user.name} is made` : 'New user'}
      holds={name !== ''}
      closable={!made}
      onClose={() => !made && onClose()}
    >
      {made ? (
        <OneTimePassword made={made} onClose={onClose} />
      ) : (
        <Step
          verb="Make user"
          busy={create.isPending}
          error={create.error}
          onSubmit={() => create.mutate()}
          onClose={onClose}
        >
          <TextField
            label="Name"
            hint="To sign in with. Letters, digits, dots, dashes and underscores."
            autoCapitalize="none"
            spellCheck={false}
            required
            problem={problem('name')}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          {fourEyes ? (
            <p className={styles['notice']}>
              Where four eyes are the policy a new user is a viewer. Change the role when he has chosen a
              password; a second person approves it.
            </p>
          ) : (
            <RoleField value={role} onChange={setRole} problem={problem('role')} />
          )}
          <ReachField noun="partner" value={partners} onChange={setPartners} problem={problem('partners')} />
        </Step>
      )}
    </Dialog>
  );
}
