import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { UserObject, UserWithPassword } from '#contract';
import { call } from '../../../api/call.ts';
import { Dialog } from '../../../ui/dialog.tsx';
import { CheckField } from '../../../ui/fields.tsx';
import { Step } from '../step.tsx';
import { OneTimePassword } from './one-time-password.tsx';

/** For who has lost his password, and perhaps the authenticator as well. */
export function ResetUserDialog({ user, onClose }: { user: UserObject; onClose(): void }) {
  const [remove, setRemove] = useState(false);
  const [made, setMade] = useState<UserWithPassword>();
  const queries = useQueryClient();
  const reset = useMutation({
    gcTime: 0,
    mutationFn: () =>
      call('resetUser', { params: { name: user.name }, body: { secondFactor: remove ? 'remove' : 'keep' } }),
    onSuccess: (answer) => {
      setMade(answer);
      void queries.invalidateQueries({ queryKey: ['listUsers'] });
      void queries.invalidateQueries({ queryKey: ['listSessions'] });
    },
  });
  return (
    <Dialog
      open
      title={made ? `${user.name} has a new password` : `Reset the password of ${user.name}?`}
      description={made ? undefined : 'The old password stops working and all sessions end, at once.'}
      closable={!made}
      onClose={() => !made && onClose()}
    >
      {made ? (
        <OneTimePassword made={made} onClose={onClose} />
      ) : (
        <Step
          verb="Reset password"
          busy={reset.isPending}
          error={reset.error}
          onSubmit={() => reset.mutate()}
          onClose={onClose}
        >
          {user.hasSecondFactor && (
            <CheckField
              label="Remove the second factor too"
              hint="Only where the authenticator is lost as well. Make sure that it is really the person who asks."
              checked={remove}
              onChange={(event) => setRemove(event.target.checked)}
            />
          )}
        </Step>
      )}
    </Dialog>
  );
}
