import { useState } from 'react';
import { PauseDialog } from '../../forms/pause-dialog.tsx';
import { useMay } from '../../session/me.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import type { Endpoint } from './endpoint-summary.ts';

/** Pause with a reason, or the end of it. */
export function PauseActions({ endpoint: { name, paused } }: { endpoint: Endpoint }) {
  const may = useMay();
  const [open, setOpen] = useState(false);
  if (!may(paused ? 'resumeEndpoint' : 'pauseEndpoint')) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Icon name={paused ? 'play' : 'pause'} /> {paused ? 'Resume' : 'Pause'}
      </Button>
      <PauseDialog
        noun="endpoint"
        name={name}
        isPaused={paused !== null}
        stops="Nothing new begins on any route from or to it. What is under way comes to its end."
        open={open}
        onClose={() => setOpen(false)}
      />
    </>
  );
}
