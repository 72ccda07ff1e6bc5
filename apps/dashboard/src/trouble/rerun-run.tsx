import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { Run } from '#contract';
import { call } from '../api/call.ts';
import { newKey } from '../api/new-key.ts';
import { runQuery } from '../files/run-query.ts';
import { rerunSays } from '../files/state-counts.ts';
import { useMay } from '../session/me.ts';
import { ConfirmDialog } from '../ui/ask-dialog.tsx';
import { Button, type ButtonLook } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { tell } from '../ui/tell.tsx';

/** Takes up again what the run left; leads to the new run. Nothing where there is nothing to take up. */
export function RerunRun({ run, look = 'primary' }: { run: Run; look?: ButtonLook }) {
  const may = useMay();
  const [open, setOpen] = useState(false);
  const says = rerunSays(run);
  if (says === undefined || !may('rerunRun')) return null;
  return (
    <>
      <Button look={look} onClick={() => setOpen(true)}>
        <Icon name="again" /> Rerun
      </Button>
      <RerunDialog run={run} says={says} open={open} onClose={() => setOpen(false)} />
    </>
  );
}

/** The same where the run is not read yet: it is, when the button is pressed. */
export function RerunById({ runId }: { runId: string }) {
  const queries = useQueryClient();
  const [run, setRun] = useState<Run>();
  const [busy, setBusy] = useState(false);
  const look = async () => {
    setBusy(true);
    try {
      const read = await queries.fetchQuery(runQuery(runId));
      if (rerunSays(read) === undefined)
        tell({
          title: 'This run has nothing that a rerun would take up.',
          link: { href: `/runs/${runId}`, title: 'Look at the run' },
          tone: 'warn',
        });
      else setRun(read);
    } catch (error) {
      tell({
        title: 'The run could not be read.',
        description: error instanceof Error ? error.message : String(error),
        tone: 'bad',
      });
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button busy={busy} onClick={() => void look()}>
        <Icon name="again" /> Rerun
      </Button>
      {run && <RerunDialog run={run} says={rerunSays(run) ?? ''} open onClose={() => setRun(undefined)} />}
    </>
  );
}

interface RerunDialogProps {
  run: Run;
  /** What it takes up, and what it leaves. */
  says: string;
  open: boolean;
  onClose(): void;
}

function RerunDialog({ run, says, open, onClose }: RerunDialogProps) {
  const navigate = useNavigate();
  /** However often it is pressed, and whatever the network loses: one run. */
  const key = useRef<string>(undefined);
  const rerun = async () => {
    key.current ??= newKey();
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
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title={`Rerun ${run.route}?`}
      description={says}
      confirm="Rerun"
      onConfirm={rerun}
    />
  );
}
