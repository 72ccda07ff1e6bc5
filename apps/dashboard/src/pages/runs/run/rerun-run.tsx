import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { Run } from '#contract';
import { call } from '../../../api/call.ts';
import { useMay } from '../../../session/me.ts';
import { ConfirmDialog } from '../../../ui/ask-dialog.tsx';
import { Button, type ButtonLook } from '../../../ui/button.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { tell } from '../../../ui/tell.tsx';
import { rerunSays } from './state-counts.ts';

/** Takes up again what the run left; leads to the new run. Nothing where there is nothing to take up. */
export function RerunRun({ run, look = 'primary' }: { run: Run; look?: ButtonLook }) {
  const may = useMay();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  /** However often it is pressed, and whatever the network loses: one run. */
  const key = useRef<string>(undefined);
  const says = rerunSays(run);
  if (says === undefined || !may('rerunRun')) return null;
  const rerun = async () => {
    key.current ??= `page-${Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
    const made = await call('rerunRun', {
      params: { id: run.id },
      headers: { 'idempotency-key': key.current },
      body: {},
    });
    key.current = undefined;
    tell('The new run has begun.');
    await navigate({ to: '/runs/$id', params: { id: made.id } });
  };
  return (
    <>
      <Button look={look} onClick={() => setOpen(true)}>
        <Icon name="again" /> Rerun
      </Button>
      <ConfirmDialog
        open={open}
        onClose={() => setOpen(false)}
        title={`Rerun ${run.route}?`}
        description={says}
        confirm="Rerun"
        onConfirm={rerun}
      />
    </>
  );
}
