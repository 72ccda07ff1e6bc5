import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { UserObject } from '#contract';
import { callFully } from '../../../api/call.ts';
import { fieldProblems } from '../../../api/problem.ts';
import { WaitsForSecond } from '../../../forms/waits-for-second.tsx';
import { Button } from '../../../ui/button.tsx';
import { Dialog, DialogActions } from '../../../ui/dialog.tsx';
import { tell } from '../../../ui/tell.tsx';
import { type Reach, sameReach } from '../reach.ts';
import { ReachField } from '../reach-field.tsx';
import { RoleField } from '../role-field.tsx';
import type { RoleName } from '../roles/role-words.ts';
import styles from '../settings.module.css';
import { Step } from '../step.tsx';

interface ChangeUserProps {
  user: UserObject;
  /** Those who can do everything now. */
  admins: readonly string[];
  onClose(): void;
}

/** In force with the next request, or when a second person has agreed. */
export function ChangeUserDialog({ user, admins, onClose }: ChangeUserProps) {
  const [role, setRole] = useState<RoleName>(user.role);
  const [partners, setPartners] = useState<Reach>(user.partners);
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: () =>
      callFully('changeUser', {
        params: { name: user.name },
        body: {
          ...(role !== user.role && { role }),
          ...(!sameReach(partners, user.partners) && { partners }),
        },
      }),
    onSuccess: ({ status }) => {
      void queries.invalidateQueries({ queryKey: ['listUsers'] });
      void queries.invalidateQueries({ queryKey: ['listApprovals'] });
      if (status !== 200) return;
      tell(`${user.name} is ${role} now.`);
      onClose();
    },
  });
  const same = role === user.role && sameReach(partners, user.partners);
  const isLast = admins.length === 1 && admins[0] === user.name;
  const problem = (field: string) =>
    fieldProblems(change.error).find(({ path }) => path.endsWith(field))?.message;
  const waiting = change.data?.status === 202 && 'id' in change.data.body ? change.data.body.id : undefined;
  return (
    <Dialog open title={`What ${user.name} may`} holds={!same} onClose={onClose}>
      {waiting === undefined ? (
        <Step
          verb="Change"
          busy={change.isPending}
          disabled={same || (partners !== 'all' && partners.length === 0)}
          error={change.error}
          onSubmit={() => change.mutate()}
          onClose={onClose}
        >
          {isLast && (
            <p className={styles['notice']}>
              This is the last admin of the whole installation. Somebody has to stay admin: make another one
              first.
            </p>
          )}
          <RoleField value={role} onChange={setRole} problem={problem('role')} />
          <ReachField noun="partner" value={partners} onChange={setPartners} problem={problem('partners')} />
        </Step>
      ) : (
        <>
          <WaitsForSecond what={`The change of ${user.name}`} id={waiting} />
          <DialogActions>
            <Button onClick={onClose}>Close</Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}
