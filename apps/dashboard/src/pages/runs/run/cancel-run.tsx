import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Run } from '#contract';
import { call } from '../../../api/call.ts';
import { runQuery } from '../../../files/run-query.ts';
import { useMay } from '../../../session/me.ts';
import { ReasonDialog } from '../../../ui/ask-dialog.tsx';
import { Button } from '../../../ui/button.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { tell } from '../../../ui/tell.tsx';
import { isOver } from './run-queries.ts';

export function CancelRun({ run }: { run: Run }) {
  const may = useMay();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const offered = !isOver(run) && run.cancelRequestedAt === null && may('cancelRun');
  const cancel = async (reason = '') => {
    const now = await call('cancelRun', { params: { id: run.id }, body: { reason } });
    queries.setQueryData(runQuery(run.id).queryKey, now);
    tell('The run is being cancelled.');
  };
  return (
    <>
      {offered && (
        <Button look="danger" onClick={() => setOpen(true)}>
          <Icon name="stop" /> Cancel run
        </Button>
      )}
      <ReasonDialog
        open={open}
        onClose={() => setOpen(false)}
        title="Cancel this run?"
        description="What has not begun is cancelled. Files in hand give up before they are published, or come to their end. What is delivered stays delivered. A rerun takes up the rest."
        confirm="Cancel run"
        dismiss="Let it go on"
        danger
        reason="optional"
        onConfirm={cancel}
      />
    </>
  );
}
