import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Incident, OperationId } from '#contract';
import { call } from '../../api/call.ts';
import { useMay } from '../../session/me.ts';
import { ReasonDialog } from '../../ui/ask-dialog.tsx';
import { Button } from '../../ui/button.tsx';
import { tell } from '../../ui/tell.tsx';
import { type Answer, answersTo, endSays } from './incident-end.ts';
import { incidentQuery } from './incident-queries.ts';
import { SnoozeDialog } from './snooze-dialog.tsx';

const OPERATIONS: Readonly<Record<Answer, OperationId>> = {
  acknowledge: 'acknowledgeIncident',
  snooze: 'snoozeIncident',
  resolve: 'resolveIncident',
};

/** Acknowledge, snooze, resolve: as far as its state and the person's role allow. */
export function IncidentActions({ incident }: { incident: Incident }) {
  const may = useMay();
  const queries = useQueryClient();
  const [open, setOpen] = useState<Answer>();
  const close = () => setOpen(undefined);
  const answers = answersTo(incident).filter((answer) => may(OPERATIONS[answer]));
  const { id } = incident;
  const take = (now: Incident, said: string) => {
    queries.setQueryData(incidentQuery(id).queryKey, now);
    void queries.invalidateQueries({ queryKey: ['listIncidents'] });
    void queries.invalidateQueries({ queryKey: ['getOverview'] });
    tell(said);
  };
  return (
    <>
      {answers.includes('acknowledge') && <Button onClick={() => setOpen('acknowledge')}>Acknowledge</Button>}
      {answers.includes('snooze') && <Button onClick={() => setOpen('snooze')}>Snooze</Button>}
      {answers.includes('resolve') && <Button onClick={() => setOpen('resolve')}>Resolve</Button>}
      <ReasonDialog
        open={open === 'acknowledge'}
        onClose={close}
        title="Acknowledge this incident?"
        description="It says that you look at it, so that nobody else begins as well. It stays until it is over."
        confirm="Acknowledge"
        reason="optional"
        onConfirm={async (note = '') =>
          take(await call('acknowledgeIncident', { params: { id }, body: { note } }), 'Acknowledged.')
        }
      />
      <SnoozeDialog
        open={open === 'snooze'}
        onClose={close}
        onSnooze={async (until, note) =>
          take(
            await call('snoozeIncident', { params: { id }, body: { until: until.toISOString(), note } }),
            'Put aside.',
          )
        }
      />
      <ReasonDialog
        open={open === 'resolve'}
        onClose={close}
        title="Resolve this incident?"
        description={`You say that it is over. ${endSays(incident.kind)} If it happens again, it is a new one.`}
        confirm="Resolve"
        reason="required"
        onConfirm={async (reason = '') =>
          take(await call('resolveIncident', { params: { id }, body: { reason } }), 'Resolved.')
        }
      />
    </>
  );
}
