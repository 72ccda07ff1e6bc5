import { useBlocker } from '@tanstack/react-router';
import { type RefObject, useCallback } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog, DialogActions } from '../ui/dialog.tsx';

/** Asks before changes are lost; the browser asks by itself where the tab is closed. */
export function LeaveGuard({ unsaved }: { unsaved: RefObject<boolean> }) {
  const isUnsaved = useCallback(() => unsaved.current, [unsaved]);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isUnsaved() && current.pathname !== next.pathname,
    enableBeforeUnload: isUnsaved,
    withResolver: true,
  });
  if (blocker.status !== 'blocked') return null;
  return (
    <Dialog
      open
      onClose={blocker.reset}
      title="Leave without saving?"
      description="What you have changed here is not saved. It is lost when you leave."
    >
      <DialogActions>
        <Button look="danger" onClick={blocker.proceed}>
          Leave
        </Button>
        <Button look="primary" onClick={blocker.reset}>
          Stay here
        </Button>
      </DialogActions>
    </Dialog>
  );
}
