import { PauseDialog } from '../../forms/pause-dialog.tsx';
import type { Route } from './route-words.ts';

interface PauseRouteProps {
  route: Pick<Route, 'name' | 'paused'>;
  open: boolean;
  onClose(): void;
}

export function PauseRouteDialog({ route: { name, paused }, open, onClose }: PauseRouteProps) {
  return (
    <PauseDialog
      noun="route"
      name={name}
      isPaused={paused !== null}
      stops="Nothing new begins on it; its schedule goes on, and the runs wait. What is under way comes to its end."
      open={open}
      onClose={onClose}
    />
  );
}
