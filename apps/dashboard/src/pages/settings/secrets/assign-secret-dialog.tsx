import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SecretObject } from '#contract';
import { callFully } from '../../../api/call.ts';
import { WaitsForSecond } from '../../../forms/waits-for-second.tsx';
import { Button } from '../../../ui/button.tsx';
import { Dialog, DialogActions } from '../../../ui/dialog.tsx';
import { SelectField } from '../../../ui/fields.tsx';
import { tell } from '../../../ui/tell.tsx';
import { Step } from '../step.tsx';

interface AssignSecretProps {
  secret: SecretObject;
  partners: readonly string[];
  onClose(): void;
}

/** Whose endpoints may refer to it; its value stays as it is. */
export function AssignSecretDialog({ secret: { name, partner }, partners, onClose }: AssignSecretProps) {
  const [owner, setOwner] = useState(partner ?? '');
  const queries = useQueryClient();
  const assign = useMutation({
    mutationFn: () =>
      callFully('changeSecret', { params: { name }, body: { partner: owner === '' ? null : owner } }),
    onSuccess: ({ status }) => {
      void queries.invalidateQueries({ queryKey: ['listSecrets'] });
      void queries.invalidateQueries({ queryKey: ['listApprovals'] });
      if (status !== 200) return;
      tell(`${name} is ${owner === '' ? "every partner's" : `${owner}’s`} now.`);
      onClose();
    },
  });
  const waiting = assign.data?.status === 202 && 'id' in assign.data.body ? assign.data.body.id : undefined;
  return (
    <Dialog
      open
      title={`Who may use ${name}`}
      description="Endpoints of others can no longer refer to it. While one of them does, it stays as it is."
      onClose={onClose}
    >
      {waiting === undefined ? (
        <Step
          verb="Change"
          busy={assign.isPending}
          error={assign.error}
          disabled={owner === (partner ?? '')}
          onSubmit={() => assign.mutate()}
          onClose={onClose}
        >
          <SelectField
            label="Who may use it"
            value={owner}
            onChange={(event) => setOwner(event.target.value)}
          >
            <option value="">Endpoints of every partner</option>
            {partners.map((each) => (
              <option key={each} value={each}>
                Endpoints of {each} only
              </option>
            ))}
          </SelectField>
        </Step>
      ) : (
        <>
          <WaitsForSecond what={`The change of ${name}`} id={waiting} />
          <DialogActions>
            <Button onClick={onClose}>Close</Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}
