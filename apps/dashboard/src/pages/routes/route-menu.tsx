import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { ItemOf } from '#contract';
import { useMay } from '../../session/me.ts';
import { Menu, type MenuEntry } from '../../ui/menu.tsx';
import { tell } from '../../ui/tell.tsx';
import { PauseRouteDialog } from './pause-route.tsx';
import { needsNothing, RunNowDialog, tellRun, useRunNow } from './run-now.tsx';

/** What can be done with a route from the list. */
export function RouteMenu({ route }: { route: ItemOf<'listRoutes'> }) {
  const { name, enabled, paused } = route;
  const may = useMay();
  const navigate = useNavigate();
  const runNow = useRunNow(name);
  const [asked, setAsked] = useState<'run' | 'pause'>();
  const begin = async () => {
    try {
      tellRun(await runNow(), paused !== null);
    } catch (error) {
      tell({
        title: `No run of ${name} has begun.`,
        description: error instanceof Error ? error.message : String(error),
        tone: 'bad',
      });
    }
  };
  const entries: MenuEntry[] = [
    ...(may('triggerRun')
      ? [
          {
            title: needsNothing(route) ? 'Run now' : 'Run now …',
            icon: 'play' as const,
            unavailable: enabled ? undefined : 'It is switched off.',
            onChoose: () => (needsNothing(route) ? void begin() : setAsked('run')),
          },
        ]
      : []),
    ...(may(paused ? 'resumeRoute' : 'pauseRoute')
      ? [
          {
            title: paused ? 'Resume …' : 'Pause …',
            icon: paused ? ('play' as const) : ('pause' as const),
            onChoose: () => setAsked('pause'),
          },
        ]
      : []),
    ...(may('changeRoute')
      ? [
          {
            title: 'Edit',
            icon: 'edit' as const,
            onChoose: () => void navigate({ to: '/routes/$name/edit', params: { name } }),
          },
        ]
      : []),
  ];
  return (
    <>
      <Menu label={`What can be done with ${name}`} entries={entries} look="quiet" />
      {asked === 'run' && (
        <RunNowDialog
          route={route}
          onClose={() => setAsked(undefined)}
          onStarted={(run) => {
            setAsked(undefined);
            tellRun(run, paused !== null);
          }}
        />
      )}
      <PauseRouteDialog route={route} open={asked === 'pause'} onClose={() => setAsked(undefined)} />
    </>
  );
}
