import { useId, useState } from 'react';
import { Button, buttonClass, IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { useFieldValue, useSaid } from './field.tsx';
import { FieldFrame } from './field-frame.tsx';
import type { SpecOf } from './field-spec.ts';
import styles from './forms.module.css';
import { splitPem } from './split-pem.ts';

const LARGEST_FILE = 256 * 1024;

/** Certificates as PEM, pasted or from a file; several in one text become several. */
export function CertificatesField({ spec }: { spec: SpecOf<'certificates'> }) {
  const { value: certificates, change } = useFieldValue<string[]>(spec.path);
  const said = useSaid(spec);
  return (
    <FieldFrame label={said.label} hint={said.hint} problem={said.problem}>
      <div className={styles['list']}>
        {certificates.map((pem, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: equal texts have no identity but their place
          <div key={index} className={styles['listRow']}>
            <details className={styles['pem']}>
              <summary>Certificate {index + 1}</summary>
              <pre>{pem}</pre>
            </details>
            <IconButton
              label={`Remove certificate ${index + 1}`}
              onClick={() => change(certificates.toSpliced(index, 1))}
            >
              <Icon name="close" />
            </IconButton>
          </div>
        ))}
        <PemEntry
          onGiven={(given) =>
            change([...certificates, ...given.filter((pem) => !certificates.includes(pem))])
          }
        />
      </div>
    </FieldFrame>
  );
}

/** A certificate with its chain: one text. */
export function OneCertificateField({ spec }: { spec: SpecOf<'certificate'> }) {
  const { value: pem, change } = useFieldValue<string>(spec.path);
  const said = useSaid(spec);
  return (
    <FieldFrame label={said.label} hint={said.hint} problem={said.problem}>
      {pem === '' ? (
        <PemEntry onGiven={(given) => change(given.join(''))} />
      ) : (
        <div className={styles['listRow']}>
          <details className={styles['pem']}>
            <summary>Certificate</summary>
            <pre>{pem}</pre>
          </details>
          <IconButton label={`Remove ${said.label.toLowerCase()}`} onClick={() => change('')}>
            <Icon name="close" />
          </IconButton>
        </div>
      )}
    </FieldFrame>
  );
}

function PemEntry({ onGiven }: { onGiven(certificates: string[]): void }) {
  const id = useId();
  const [text, setText] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const take = (given: string) => {
    const split = splitPem(given);
    setProblem(split.problem);
    if (split.certificates.length === 0) return;
    onGiven(split.certificates);
    setText(undefined);
  };
  const read = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > LARGEST_FILE) setProblem('The file is too large to be a certificate.');
    else take(await file.text());
  };
  return (
    <>
      {text !== undefined && (
        <textarea
          className={styles['control']}
          aria-label="Certificate as PEM"
          rows={6}
          placeholder="-----BEGIN CERTIFICATE-----"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      <div className={styles['buttons']}>
        {text === undefined ? (
          <Button onClick={() => setText('')}>
            <Icon name="plus" /> Paste a certificate
          </Button>
        ) : (
          <>
            <Button onClick={() => take(text)} disabled={text.trim() === ''}>
              Take it
            </Button>
            <Button look="quiet" onClick={() => setText(undefined)}>
              Leave it
            </Button>
          </>
        )}
        <label htmlFor={id} className={`${buttonClass()} ${styles['file']}`}>
          From a file …
          <input
            id={id}
            type="file"
            accept=".pem,.crt,.cer,.txt"
            className="visually-hidden"
            onChange={(event) => {
              void read(event.target.files?.[0]);
              event.target.value = '';
            }}
          />
        </label>
      </div>
      {problem !== undefined && (
        <p role="alert" className={styles['problem']}>
          {problem}
        </p>
      )}
    </>
  );
}
