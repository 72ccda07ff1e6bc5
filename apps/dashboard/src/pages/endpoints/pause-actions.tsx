import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { useMay } from '../../session/me.ts';
import { ReasonDialog } from '../../ui/ask-dialog.tsx';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { tell } from '../../ui/tell.tsx';
import type { Endpoint } from './endpoint-summary.ts';

/** Pause with a reason, or the end of it. */
export function PauseActions({ endpoint }: { endpoint: Endpoint }) {
  const may = useMay();
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  const { name, paused } = endpoint;
  if (!may(paused ? 'resumeEndpoint' : 'pauseEndpoint')) return null;
  const confirm = async (reason = '') => {
    await call(paused ? 'resumeEndpoint' : 'pauseEndpoint', { params: { name }, body: { reason } });
    await queries.invalidateQueries({
      predicate: ({ queryKey }) => /^(get|list)Endpoints?$/.test(String(queryKey[0])),
    });
    tell(paused ? `${name} is resumed.` : `${name} is paused.`);
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Icon name={paused ? 'play' : 'pause'} /> {paused ? 'Resume' : 'Pause'}
      </Button>
      {paused ? (
        <ReasonDialog
          open={open}
          onClose={() => setOpen(false)}
          title={`Resume ${name}?`}
          description="The runs that waited begin."
          confirm="Resume"
          reason="optional"
          onConfirm={confirm}
        />
      ) : (
        <ReasonDialog
          open={open}
          onClose={() => setOpen(false)}
          title={`Pause ${name}?`}
          description="Nothing new begins on any route from or to it. What is under way comes to its end."
          confirm="Pause"
          reason="required"
          hint="For whoever comes next: why, and what has to happen before it goes on."
          onConfirm={confirm}
        />
      )}
    </>
  );
}
