import { useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/call.ts';
import { ReasonDialog } from '../../ui/ask-dialog.tsx';
import { tell } from '../../ui/tell.tsx';
import type { Route } from './route-words.ts';

interface PauseRouteProps {
  route: Pick<Route, 'name' | 'paused'>;
  open: boolean;
  onClose(): void;
}

/** Pause with a reason, or the end of it. */
export function PauseRouteDialog({ route: { name, paused }, open, onClose }: PauseRouteProps) {
  const queries = useQueryClient();
  const confirm = async (reason = '') => {
    await call(paused ? 'resumeRoute' : 'pauseRoute', { params: { name }, body: { reason } });
    await queries.invalidateQueries({
      predicate: ({ queryKey }) =>
        /^(getRoute|listRoutes|previewSchedule|getOverview|listUpcomingFires)$/.test(String(queryKey[0])),
    });
    tell(paused ? `${name} is resumed.` : `${name} is paused.`);
  };
  return paused ? (
    <ReasonDialog
      open={open}
      onClose={onClose}
      title={`Resume ${name}?`}
      description="The runs that waited begin."
      confirm="Resume"
      reason="optional"
      onConfirm={confirm}
    />
  ) : (
    <ReasonDialog
      open={open}
      onClose={onClose}
      title={`Pause ${name}?`}
      description="Nothing new begins on it; its schedule goes on, and the runs wait. What is under way comes to its end."
      confirm="Pause"
      reason="required"
      hint="For whoever comes next: why, and what has to happen before it goes on."
      onConfirm={confirm}
    />
  );
}
