import type { ReactNode } from 'react';
import { useController, useFormContext, useFormState, useWatch } from 'react-hook-form';
import { CheckField, SelectField, TextArea, TextField } from '../ui/fields.tsx';
import { CertificatesField, OneCertificateField } from './certificates-field.tsx';
import { ChoicesField } from './choices-field.tsx';
import type { FieldSpec, SpecOf } from './field-spec.ts';
import { useFormFrame, useSpec } from './form-context.ts';
import styles from './forms.module.css';
import { ListField } from './list-field.tsx';
import { ReferenceField } from './reference-field.tsx';

/** One option by its path, with its default, its meaning, and what the api says about it. Nothing where it does not apply. */
export function Field({ path }: { path: string }) {
  const spec = useSpec(path);
  const { present } = useFormFrame();
  return present.has(path) && spec.kind !== 'group' ? <Shown spec={spec} /> : null;
}

/** What a field shows beside its control. */
export function useSaid(spec: FieldSpec): {
  label: string;
  hint: ReactNode;
  problem: string | undefined;
  required: boolean;
} {
  const { proposed } = useFormFrame();
  const { errors } = useFormState({ name: spec.path });
  const proposal = proposed.get(spec.path);
  return {
    label: spec.label,
    hint: (
      <>
        {proposal !== undefined && (
          <p data-proposed className={styles['proposed']}>
            {proposal}
          </p>
        )}
        {[spec.hint, defaultSentence(spec)].filter(Boolean).join(' ')}
      </>
    ),
    problem: messageAt(errors, spec.path),
    required: spec.required ?? false,
  };
}

function messageAt(errors: object, path: string): string | undefined {
  let place: unknown = errors;
  for (const key of path.split('.')) place = (place as Record<string, unknown> | undefined)?.[key];
  const message = (place as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message : undefined;
}

function defaultSentence(spec: FieldSpec): string | undefined {
  switch (spec.kind) {
    case 'text':
      return spec.default === undefined || spec.required ? undefined : `Default: ${spec.default}.`;
    case 'number': {
      if (spec.defaultText !== undefined) return `Default: ${spec.defaultText}.`;
      if (spec.default === undefined) return undefined;
      return `Default: ${spec.default / (spec.unit?.factor ?? 1)}${spec.unit ? ` ${spec.unit.label}` : ''}.`;
    }
    case 'flag':
      return `Default: ${spec.default ? 'on' : 'off'}.`;
    case 'choice': {
      const usual = spec.options.find(({ value }) => value === spec.default);
      return usual && !spec.required ? `Default: ${usual.label}.` : undefined;
    }
    case 'choices':
      return `Default: ${spec.default.join(', ')}.`;
    case 'list':
      return spec.default && spec.default.length > 0 ? `Default: ${spec.default.join(', ')}.` : undefined;
    default:
      return undefined;
  }
}

function Shown({ spec }: { spec: FieldSpec }) {
  switch (spec.kind) {
    case 'text':
      return <OneLine spec={spec} />;
    case 'number':
      return <OneNumber spec={spec} />;
    case 'flag':
      return <Flag spec={spec} />;
    case 'choice':
      return <Choice spec={spec} />;
    case 'choices':
      return <ChoicesField spec={spec} />;
    case 'list':
      return <ListField spec={spec} />;
    case 'certificates':
      return <CertificatesField spec={spec} />;
    case 'certificate':
      return <OneCertificateField spec={spec} />;
    case 'reference':
      return <ReferenceField spec={spec} />;
    default:
      return null;
  }
}

function OneLine({ spec }: { spec: SpecOf<'text'> }) {
  const { register } = useFormContext();
  const { required, ...said } = useSaid(spec);
  const shared = {
    ...said,
    placeholder: spec.placeholder ?? spec.default,
    spellCheck: false,
    'aria-required': required,
  };
  return spec.multiline ? (
    <TextArea {...shared} {...register(spec.path)} rows={6} />
  ) : (
    <TextField
      {...shared}
      label={starred(said.label, required)}
      autoCapitalize="none"
      {...register(spec.path)}
    />
  );
}

function OneNumber({ spec }: { spec: SpecOf<'number'> }) {
  const { register } = useFormContext();
  const { required, label, ...said } = useSaid(spec);
  const unit = spec.unit ? ` (${spec.unit.label})` : '';
  const usual = spec.default === undefined ? undefined : String(spec.default / (spec.unit?.factor ?? 1));
  return (
    <TextField
      {...said}
      label={starred(`${label}${unit}`, required)}
      inputMode="decimal"
      placeholder={usual}
      aria-required={required}
      {...register(spec.path)}
    />
  );
}

function Flag({ spec }: { spec: SpecOf<'flag'> }) {
  const { register } = useFormContext();
  const { required: _, hint, ...said } = useSaid(spec);
  const on = useWatch({ name: spec.path }) === true;
  const meaning = spec.means && (on ? spec.means.on : spec.means.off);
  return (
    <CheckField
      {...said}
      hint={
        <>
          {hint} {meaning}
        </>
      }
      {...register(spec.path)}
    />
  );
}

function Choice({ spec }: { spec: SpecOf<'choice'> }) {
  const { register } = useFormContext();
  const { required, hint, label, ...said } = useSaid(spec);
  const chosen: unknown = useWatch({ name: spec.path });
  const meaning = spec.options.find(({ value }) => value === chosen)?.means;
  return (
    <SelectField
      {...said}
      label={starred(label, required)}
      hint={
        <>
          {hint}
          {meaning && <p>{meaning}</p>}
        </>
      }
      aria-required={required}
      {...register(spec.path)}
    >
      {(spec.default === undefined || spec.absent !== undefined) && (
        <option value="">{spec.absent ?? 'Choose …'}</option>
      )}
      {spec.options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </SelectField>
  );
}

function starred(label: string, required: boolean): string {
  return required ? `${label} *` : label;
}

/** The value of a field that is no plain input. */
export function useFieldValue<Value>(path: string): { value: Value; change(value: Value): void } {
  const { field } = useController({ name: path });
  return { value: field.value as Value, change: field.onChange };
}
