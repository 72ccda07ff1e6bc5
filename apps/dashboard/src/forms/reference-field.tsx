import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { readAll } from '../api/read-all.ts';
import { useMay } from '../session/me.ts';
import { Button } from '../ui/button.tsx';
import { useFieldValue, useSaid } from './field.tsx';
import { FieldFrame } from './field-frame.tsx';
import type { ReferenceValue, SpecOf } from './field-spec.ts';
import { useFormFrame } from './form-context.ts';
import styles from './forms.module.css';
import { StoreSecretDialog } from './store-secret-dialog.tsx';

const WAYS: Readonly<Record<ReferenceValue['from'], string>> = {
  none: 'Not given',
  secret: 'A stored secret',
  env: 'A variable of the workers',
  file: 'A file at the workers',
  cleared: 'Cleared',
};
const NAMES = {
  secret: 'Name of the secret',
  env: 'Name of the variable',
  file: 'Path of the file',
} as const;

/** Where a secret value is found; the value itself is never here. */
export function ReferenceField({ spec }: { spec: SpecOf<'reference'> }) {
  const { value, change } = useFieldValue<ReferenceValue>(spec.path);
  const said = useSaid(spec);
  const { partner } = useFormFrame();
  const may = useMay();
  const [storing, setStoring] = useState(false);
  const id = useId();
  const offered = (Object.keys(WAYS) as ReferenceValue['from'][]).filter(
    (way) => way === value.from || (way !== 'cleared' && !(way === 'none' && spec.required)),
  );
  // A required one that is not given yet has to be chosen.
  const ways =
    spec.required && value.from === 'none'
      ? ['none' as const, ...offered.filter((way) => way !== 'none')]
      : offered;
  const { from } = value;
  return (
    <FieldFrame label={`${said.label}${said.required ? ' *' : ''}`} hint={said.hint} problem={said.problem}>
      <div className={styles['reference']}>
        <select
          className={styles['control']}
          aria-label={`${said.label}: where it is`}
          value={from}
          onChange={(event) => change({ from: event.target.value as ReferenceValue['from'], name: '' })}
        >
          {ways.map((way) => (
            <option key={way} value={way}>
              {way === 'none' && spec.required ? 'Choose …' : WAYS[way]}
            </option>
          ))}
        </select>
        {(from === 'secret' || from === 'env' || from === 'file') && (
          <input
            className={styles['control']}
            aria-label={`${said.label}: ${NAMES[from].toLowerCase()}`}
            placeholder={from === 'file' ? '/run/secrets/…' : from === 'env' ? 'ACME_PASSWORD' : NAMES.secret}
            list={from === 'secret' ? `${id}-secrets` : undefined}
            value={value.name}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            onChange={(event) => change({ from, name: event.target.value })}
          />
        )}
        {may('setSecret') && (from === 'secret' || from === 'none' || from === 'cleared') && (
          <Button onClick={() => setStoring(true)}>Store a new secret …</Button>
        )}
      </div>
      {from === 'cleared' && (
        <p className={styles['problem']}>
          It was cleared, as the endpoint moved to another server. Nothing can log in until it is given again.
        </p>
      )}
      {from === 'secret' && may('listSecrets') && (
        <KnownSecrets id={`${id}-secrets`} name={value.name} partner={partner} />
      )}
      {storing && (
        <StoreSecretDialog
          what={said.label}
          partner={partner}
          onClose={() => setStoring(false)}
          onStored={(name) => {
            change({ from: 'secret', name });
            setStoring(false);
          }}
        />
      )}
    </FieldFrame>
  );
}

function KnownSecrets({ id, name, partner }: { id: string; name: string; partner: string | undefined }) {
  const { data = [] } = useQuery(readAll('listSecrets'));
  const usable = data.filter((secret) => secret.partner === null || secret.partner === partner);
  const chosen = data.find((secret) => secret.name === name);
  return (
    <>
      <datalist id={id}>
        {usable.map((secret) => (
          <option key={secret.name} value={secret.name}>
            version {secret.version}, {secret.ageDays} days old
          </option>
        ))}
      </datalist>
      {chosen && (
        <p className={styles['said']}>
          Version {chosen.version}, {chosen.ageDays === 0 ? 'set today' : `set ${chosen.ageDays} days ago`}
          {chosen.partner !== null &&
            chosen.partner !== partner &&
            `; it belongs to ${chosen.partner}, so it cannot be used here`}
          .
        </p>
      )}
    </>
  );
}
