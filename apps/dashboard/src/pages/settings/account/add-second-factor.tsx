import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { AnswerOf } from '#contract';
import { call } from '../../../api/call.ts';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Disclosure } from '../../../ui/disclosure.tsx';
import { TextField } from '../../../ui/fields.tsx';
import styles from '../settings.module.css';
import { Step } from '../step.tsx';
import { QrCode } from './qr-code.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';

type Begun = AnswerOf<'beginSecondFactor'>;

/** Password, then the secret for the app, then the first code of it, then the codes for the day the app is lost. */
export function AddSecondFactor({ onClose }: { onClose(): void }) {
  const [begun, setBegun] = useState<Begun>();
  const [codes, setCodes] = useState<readonly string[]>();
  return (
    <Dialog
      open
      title={codes ? 'Keep these recovery codes' : 'Add a second factor'}
      holds={begun !== undefined}
      // Codes that nobody has kept lock him out one day: neither Escape nor a press beside throws them away.
      closable={!codes}
      onClose={() => !codes && onClose()}
    >
      {codes ? (
        <RecoveryCodes codes={codes} onClose={onClose} />
      ) : begun ? (
        <Confirm begun={begun} onClose={onClose} onDone={setCodes} />
      ) : (
        <Prove onClose={onClose} onDone={setBegun} />
      )}
    </Dialog>
  );
}

function Prove({ onClose, onDone }: { onClose(): void; onDone(begun: Begun): void }) {
  const [password, setPassword] = useState('');
  const begin = useMutation({
    gcTime: 0,
    mutationFn: () => call('beginSecondFactor', { body: { password } }),
    onSuccess: onDone,
  });
  return (
    <Step
      verb="Continue"
      busy={begin.isPending}
      error={begin.error}
      onSubmit={() => begin.mutate()}
      onClose={onClose}
    >
      <p>You need an authenticator app on your phone or computer. First say once more that it is you.</p>
      <TextField
        label="Password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
    </Step>
  );
}

function Confirm({
  begun: { secret, uri },
  onClose,
  onDone,
}: {
  begun: Begun;
  onClose(): void;
  onDone(codes: readonly string[]): void;
}) {
  const [code, setCode] = useState('');
  const confirm = useMutation({
    gcTime: 0,
    mutationFn: () => call('confirmSecondFactor', { body: { code: code.replaceAll(' ', '') } }),
    onSuccess: ({ recoveryCodes }) => onDone(recoveryCodes),
  });
  return (
    <Step
      verb="Turn on"
      busy={confirm.isPending}
      error={confirm.error}
      onSubmit={() => confirm.mutate()}
      onClose={onClose}
    >
      <p>Scan this with the app, then type the code that it shows.</p>
      <QrCode text={uri} />
      <Disclosure title="It cannot be scanned">
        <p className={styles['muted']}>Type this secret into the app (by time, six digits):</p>
        <div className={styles['secret']}>
          <code>{secret}</code>
          <CopyButton text={secret} label="Copy secret" />
        </div>
        <p className={styles['muted']}>Or give it this address:</p>
        <div className={styles['secret']}>
          <code>{uri}</code>
          <CopyButton text={uri} label="Copy address" />
        </div>
      </Disclosure>
      <TextField
        label="Code"
        hint="Six digits"
        inputMode="numeric"
        autoComplete="one-time-code"
        required
        value={code}
        onChange={(event) => setCode(event.target.value)}
      />
    </Step>
  );
}
