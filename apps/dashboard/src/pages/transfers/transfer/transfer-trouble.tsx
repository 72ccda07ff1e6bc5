import type { Attempt, RouteObject, Transfer } from '#contract';
import { suspectOf } from '../../../tls-facts/group-negotiations.ts';
import { ErrorPanel } from '../../../trouble/error-panel.tsx';
import { NextStepLinks } from '../../../trouble/next-step-links.tsx';
import { nextSteps } from '../../../trouble/next-steps.ts';
import { useServers } from '../../../trouble/use-servers.ts';
import { explain, situationOf } from './held.ts';
import { ResolveTransfer } from './resolve-transfer.tsx';

interface TransferTroubleProps {
  transfer: Transfer;
  last: Attempt | undefined;
  route: RouteObject | undefined;
  /** The button that shows the dialogue with the server; undefined where there is none to show. */
  transcript: React.ReactNode;
}

/** Why it is not delivered, and what to do: first of all on the page. */
export function TransferTrouble({ transfer, last, route, transcript }: TransferTroubleProps) {
  const { sourceEndpoint: source, destinationEndpoint: destination, error, state } = transfer;
  const servers = useServers([source, destination]);
  if (!error || state === 'cancelled') return null;
  const held = state === 'held';
  const goesOn = !held && state !== 'failed';
  const suspect = suspectOf(last?.negotiations ?? []);
  const steps = nextSteps(error, { route: transfer.route, source, destination, servers, suspect });
  const resolve = held && <ResolveTransfer transfer={transfer} route={route} />;
  return (
    <ErrorPanel
      title={held ? 'Why it is held' : goesOn ? 'Why it is tried again' : 'What went wrong'}
      held={held || goesOn}
      error={{ ...error, reply: last?.error?.reply ?? null }}
    >
      {goesOn && <p>That was the attempt before. It is tried again by itself.</p>}
      {held && <p>{explain(situationOf(transfer))}</p>}
      <NextStepLinks
        steps={steps.filter(({ kind }) => kind !== 'resolve')}
        leading={state === 'failed'}
        own={{ transcript }}
        first={resolve}
      />
    </ErrorPanel>
  );
}
