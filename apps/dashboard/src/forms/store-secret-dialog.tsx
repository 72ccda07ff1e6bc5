import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { callFully } from '../api/call.ts';
import { readAll } from '../api/read-all.ts';
import { useMay } from '../session/me.ts';
import { Button } from '../ui/button.tsx';
import { Dialog, DialogActions } from '../ui/dialog.tsx';
import { SelectField, TextArea, TextField } from '../ui/fields.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import styles from './forms.module.css';
import { WaitsForSecond } from './waits-for-second.tsx';

interface StoreSecretDialogProps {
  /** `Password`: what it is for. */
  what?: string;
  /** Whose it is at first. */
  partner?: string | undefined;
  /** Whose it may be besides. */
  partners?: readonly string[];
  /** The secret that gets another value: its name stays, and whose it is. */
  replaces?: string;
  onClose(): void;
  /** It is there now, under this name. */
  onStored(name: string): void;
}

/** Takes a value once, has it sealed, and forgets it: no page ever shows it again. */
export function StoreSecretDialog({
  what,
  partner,
  partners = partner === undefined ? [] : [partner],
  replaces,
  onClose,
  onStored,
}: StoreSecretDialogProps) {
  const [name, setName] = useState(replaces ?? '');
  const [value, setValue] = useState('');
  const [long, setLong] = useState(false);
  const [owner, setOwner] = useState(partner ?? '');
  const queries = useQueryClient();
  const may = useMay();
  const { data: known = [] } = useQuery({ ...readAll('listSecrets'), enabled: may('listSecrets') });
  const taken = known.find((secret) => secret.name === name.trim());
  const isNew = replaces === undefined && !taken;
  const store = useMutation({
    // Not kept in the cache of mutations: the value is gone when the dialog is.
    gcTime: 0,
    mutationFn: () =>
      callFully('setSecret', {
        params: { name: name.trim() },
        // Whose it is stays as it was where there is one already.
        body: { value, ...(isNew && { partner: owner === '' ? null : owner }) },
      }),
    onSuccess: ({ status }) => {
      setValue('');
      void queries.invalidateQueries({ queryKey: ['listSecrets'] });
      if (status === 200) onStored(name.trim());
    },
  });
  const waiting = store.data?.status === 202 && 'id' in store.data.body ? store.data.body.id : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      holds={value !== ''}
      title={replaces === undefined ? 'Store a new secret' : `Replace the value of ${replaces}`}
      description={`${what === undefined ? '' : `For: ${what}. `}The value is sealed before it is stored. It can be replaced and deleted, but never shown again.`}
    >
      {replaces === undefined && (
        <TextField
          label="Name of the secret *"
          hint={
            taken ? (
              <strong>
                There is one of this name, version {taken.version}: wherever it is used, the new value counts.
              </strong>
            ) : (
              'Under this name endpoints refer to it.'
            )
          }
          value={name}
          spellCheck={false}
          autoCapitalize="none"
          placeholder={partner ? `${partner}-password` : 'acme-password'}
          onChange={(event) => setName(event.target.value)}
        />
      )}
      {long ? (
        <TextArea
          label="Value *"
          rows={6}
          spellCheck={false}
          autoComplete="off"
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
      ) : (
        <TextField
          label="Value *"
          type="password"
          autoComplete="new-password"
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
      )}
      <Button className={styles['add']} onClick={() => setLong(!long)}>
        {long ? 'One line, hidden' : 'Several lines, as a key has them'}
      </Button>
      {isNew && (
        <SelectField label="Who may use it" value={owner} onChange={(event) => setOwner(event.target.value)}>
          {partners.map((each) => (
            <option key={each} value={each}>
              Endpoints of {each} only
            </option>
          ))}
          <option value="">Endpoints of every partner</option>
        </SelectField>
      )}
      {store.error && <ProblemNotice error={store.error} what="The secret was not stored" />}
      {waiting !== undefined && <WaitsForSecond what="The new value" id={waiting} />}
      <DialogActions>
        <Button onClick={onClose}>{waiting === undefined ? 'Cancel' : 'Close'}</Button>
        {waiting === undefined && (
          <Button
            look="primary"
            busy={store.isPending}
            disabled={name.trim() === '' || value === ''}
            onClick={() => store.mutate()}
          >
            Store it
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}
