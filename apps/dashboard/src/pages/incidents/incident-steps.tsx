import { Link } from '@tanstack/react-router';
import type { Incident } from '#contract';
import { useMay } from '../../session/me.ts';
import { RerunById } from '../../trouble/rerun-run.tsx';
import { buttonClass } from '../../ui/button.tsx';
import { isDecidedByTransfer } from './incident-end.ts';

/** What ends it: the first thing to press; where it is `leading`, the main one of the page. */
export function IncidentSteps({ incident, leading }: { incident: Incident; leading: boolean }) {
  const may = useMay();
  const { kind, transferId, runId, endpoint, state } = incident;
  if (isDecidedByTransfer(kind))
    return (
      transferId && (
        <Link
          to="/transfers/$id"
          params={{ id: transferId }}
          className={buttonClass(leading && state !== 'resolved' ? 'primary' : 'plain')}
        >
          {state === 'resolved' || !may('resolveTransfer')
            ? 'Look at the transfer'
            : 'Look at the transfer and decide'}
        </Link>
      )
    );
  return (
    <>
      {kind === 'login_refused' && endpoint && (
        <Link
          to="/endpoints/$name"
          params={{ name: endpoint }}
          search={{ part: 'doctor' }}
          className={buttonClass(leading && state !== 'resolved' ? 'primary' : 'plain')}
        >
          {may('probeEndpoint') && state !== 'resolved' ? 'Examine' : 'Look at'} {endpoint}
        </Link>
      )}
      {(kind === 'login_refused' || kind === 'keys_unavailable') && may('listSecrets') && (
        <Link to="/settings/$section" params={{ section: 'secrets' }} className={buttonClass()}>
          Secrets
        </Link>
      )}
      {runId && (
        <Link
          to="/runs/$id"
          params={{ id: runId }}
          className={buttonClass(
            leading && state !== 'resolved' && kind === 'run_failed' ? 'primary' : 'plain',
          )}
        >
          Look at the run
        </Link>
      )}
      {kind === 'run_failed' && runId && state !== 'resolved' && may('rerunRun') && (
        <RerunById runId={runId} />
      )}
    </>
  );
}
