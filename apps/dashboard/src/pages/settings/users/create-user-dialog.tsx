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
import { Step } from '../step.tsx';
import { OneTimePassword } from './one-time-password.tsx';

export function CreateUserDialog({ onClose }: { onClose(): void }) {
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
      holds={name !== '' || made !== undefined}
      onClose={onClose}
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
          <RoleField value={role} onChange={setRole} problem={problem('role')} />
          <ReachField noun="partner" value={partners} onChange={setPartners} problem={problem('partners')} />
        </Step>
      )}
    </Dialog>
  );
}
