import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useFormContext } from 'react-hook-form';
import { readAll } from '../../api/read-all.ts';
import { Field, useFieldValue, useSaid } from '../../forms/field.tsx';
import { useSpec } from '../../forms/form-context.ts';
import { FieldRow } from '../../forms/form-section.tsx';
import { useMay } from '../../session/me.ts';
import { SelectField, TextField } from '../../ui/fields.tsx';
import styles from './route-form.module.css';

/** From where, which files, and to where. */
export function WayFields() {
  return (
    <>
      <FieldRow>
        <EndpointField path="source.endpoint" />
        <Field path="source.path" />
      </FieldRow>
      <SelectionFields />
      <FieldRow>
        <EndpointField path="destination.endpoint" />
        <Field path="destination.path" />
      </FieldRow>
    </>
  );
}

function EndpointField({ path }: { path: string }) {
  const { value, change } = useFieldValue<string>(path);
  const { hint, problem, label } = useSaid(useSpec(path));
  const { data: endpoints = [] } = useQuery(readAll('listEndpoints'));
  const may = useMay();
  const known = endpoints.some(({ name }) => name === value);
  return (
    <SelectField
      label={`${label} *`}
      aria-required
      hint={
        <>
          {hint}
          {value === '' && may('createEndpoint') && (
            <Link to="/new/endpoint" className={styles['hintLink']}>
              New endpoint
            </Link>
          )}
        </>
      }
      problem={problem}
      value={value}
      onChange={(event) => change(event.target.value)}
    >
      <option value="">Choose …</option>
      {value !== '' && !known && <option value={value}>{value}</option>}
      {endpoints.map(({ name, partner }) => (
        <option key={name} value={name}>
          {partner === undefined ? name : `${name} (${partner})`}
        </option>
      ))}
    </SelectField>
  );
}

/** Patterns, or one regular expression in their place. */
function SelectionFields() {
  const { value: regex, change } = useFieldValue<string | null | undefined>('source.regex');
  const { getValues, setValue } = useFormContext();
  const { problem } = useSaid(useSpec('source.regex'));
  const byRegex = typeof regex === 'string';
  const choosePatterns = () => {
    const select: unknown = getValues('source.select');
    if (Array.isArray(select) && select.length === 0) setValue('source.select', ['*']);
    change(null);
  };
  return (
    <>
      <fieldset className={styles['ways']}>
        <legend className={styles['waysLegend']}>Which files</legend>
        <label>
          <input type="radio" name="select-by" checked={!byRegex} onChange={choosePatterns} />
          By patterns
        </label>
        <label>
          <input type="radio" name="select-by" checked={byRegex} onChange={() => change(regex ?? '')} />
          By a regular expression
        </label>
      </fieldset>
      {byRegex && (
        <TextField
          label="Regular expression *"
          hint="RE2: the whole name has to match; of folders below it the path. No look-around, no back references."
          problem={problem}
          placeholder="POS_\d{8}\.csv"
          spellCheck={false}
          autoCapitalize="none"
          aria-required
          className="mono"
          value={regex}
          onChange={(event) => change(event.target.value)}
        />
      )}
      <FieldRow>
        <Field path="source.select" />
        <Field path="source.exclude" />
      </FieldRow>
    </>
  );
}
