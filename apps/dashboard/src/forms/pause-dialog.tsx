import { useQueryClient } from '@tanstack/react-query';
import { call } from '../api/call.ts';
import { ReasonDialog } from '../ui/ask-dialog.tsx';
import { tell } from '../ui/tell.tsx';

const OPERATIONS = {
  endpoint: { pause: 'pauseEndpoint', resume: 'resumeEndpoint' },
  route: { pause: 'pauseRoute', resume: 'resumeRoute' },
} as const;
const SHOWING = /^(getEndpoint|getRoute|getOverview|previewSchedule|list(Endpoints|Routes|UpcomingFires))$/;

interface PauseDialogProps {
  noun: 'endpoint' | 'route';
  name: string;
  isPaused: boolean;
  /** What a pause stops, and what it does not. */
  stops: string;
  open: boolean;
  onClose(): void;
}

/** Pause with a reason, or the end of it. */
export function PauseDialog({ noun, name, isPaused, stops, open, onClose }: PauseDialogProps) {
  const queries = useQueryClient();
  const confirm = async (reason = '') => {
    await call(OPERATIONS[noun][isPaused ? 'resume' : 'pause'], { params: { name }, body: { reason } });
    await queries.invalidateQueries({ predicate: ({ queryKey }) => SHOWING.test(String(queryKey[0])) });
    tell(isPaused ? `${name} is resumed.` : `${name} is paused.`);
  };
  return isPaused ? (
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
      description={stops}
      confirm="Pause"
      reason="required"
      hint="For whoever comes next: why, and what has to happen before it goes on."
      onConfirm={confirm}
    />
  );
}
