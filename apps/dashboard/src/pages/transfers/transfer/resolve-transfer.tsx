import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { RouteObject, Transfer } from '#contract';
import { call } from '../../../api/call.ts';
import { useMay } from '../../../session/me.ts';
import { ReasonDialog } from '../../../ui/ask-dialog.tsx';
import { Button } from '../../../ui/button.tsx';
import { tell } from '../../../ui/tell.tsx';
import { type Choice, choicesFor, type Decision, explain, situationOf } from './held.ts';
import styles from './transfer.module.css';
import { transferQuery } from './transfer-queries.ts';

const TOLD: Readonly<Record<Decision, string>> = {
  delivered: 'Decided: delivered.',
  resend: 'Decided: it is sent again.',
  give_up: 'Decided: given up.',
};

/** What no machine can know of a held transfer is decided here, with a reason. */
export function ResolveTransfer({ transfer, route }: { transfer: Transfer; route: RouteObject | undefined }) {
  const may = useMay();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [decision, setDecision] = useState<Decision>();
  if (!may('resolveTransfer')) return null;
  const resolve = async (reason = '') => {
    // The form asks for one of them before it gets here.
    if (!decision) return;
    const now = await call('resolveTransfer', { params: { id: transfer.id }, body: { decision, reason } });
    queries.setQueryData(transferQuery(transfer.id).queryKey, now);
    void queries.invalidateQueries({ queryKey: ['listIncidents'] });
    tell(TOLD[decision]);
  };
  return (
    <>
      <Button look="primary" onClick={() => setOpen(true)}>
        Resolve
      </Button>
      <ReasonDialog
        open={open}
        onClose={() => setOpen(false)}
        title="What becomes of this file?"
        description={explain(situationOf(transfer))}
        confirm="Resolve"
        reason="required"
        hint="How you know, and who confirmed it. It is kept in the audit."
        onConfirm={resolve}
      >
        <fieldset className={styles['choices']}>
          <legend className="visually-hidden">Decision</legend>
          {choicesFor(transfer, route).map((choice) => (
            <ChoiceField
              key={choice.decision}
              choice={choice}
              chosen={decision === choice.decision}
              onChoose={() => setDecision(choice.decision)}
            />
          ))}
        </fieldset>
      </ReasonDialog>
    </>
  );
}

interface ChoiceFieldProps {
  choice: Choice;
  chosen: boolean;
  onChoose(): void;
}

function ChoiceField({
  choice: { decision, title, consequence, impossible },
  chosen,
  onChoose,
}: ChoiceFieldProps) {
  const said = `decision-${decision}`;
  return (
    <div className={styles['choice']}>
      <label>
        <input
          type="radio"
          name="decision"
          value={decision}
          required
          checked={chosen}
          disabled={impossible !== undefined}
          aria-describedby={said}
          onChange={onChoose}
        />
        <strong>{title}</strong>
      </label>
      <p id={said} className={styles['muted']}>
        {impossible ?? consequence}
      </p>
    </div>
  );
}
