import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../../api/call.ts';
import { Dialog } from '../../../ui/dialog.tsx';
import { TextField } from '../../../ui/fields.tsx';
import { tell } from '../../../ui/tell.tsx';
import { Step } from '../step.tsx';

export function RemoveSecondFactor({ onClose }: { onClose(): void }) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const remove = useMutation({
    gcTime: 0,
    mutationFn: () => call('removeSecondFactor', { body: { password, code: code.trim() } }),
    onSuccess: () => {
      tell({
        title: 'The second factor is gone.',
        description: 'Sign-in asks for the password alone.',
        tone: 'warn',
      });
      onClose();
    },
  });
  return (
    <Dialog
      open
      title="Remove the second factor?"
      description="From then on the password alone opens your account."
      holds={password !== ''}
      onClose={onClose}
    >
      <Step
        verb="Remove"
        busy={remove.isPending}
        error={remove.error}
        onSubmit={() => remove.mutate()}
        onClose={onClose}
      >
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <TextField
          label="Code"
          hint="Six digits of your authenticator, or a recovery code"
          autoComplete="one-time-code"
          required
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      </Step>
    </Dialog>
  );
}
