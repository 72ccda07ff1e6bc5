import { type ComponentProps, type ReactNode, useId } from 'react';
import styles from './fields.module.css';

interface FieldFrame {
  label: string;
  /** What it means and what it is when left empty. */
  hint?: ReactNode;
  /** In the api's words; shown at the field and read out with it. */
  problem?: string | undefined;
}

type FieldProps<Element extends 'input' | 'select' | 'textarea'> = FieldFrame & ComponentProps<Element>;

export function TextField({ label, hint, problem, ...input }: FieldProps<'input'>) {
  return (
    <Frame {...{ label, hint, problem }} required={input.required}>
      {(named) => (
        <input type="text" autoComplete="off" {...input} {...named} className={styles['control']} />
      )}
    </Frame>
  );
}

export function TextArea({ label, hint, problem, ...input }: FieldProps<'textarea'>) {
  return (
    <Frame {...{ label, hint, problem }} required={input.required}>
      {(named) => <textarea rows={3} {...input} {...named} className={styles['control']} />}
    </Frame>
  );
}

export function SelectField({ label, hint, problem, children, ...input }: FieldProps<'select'>) {
  return (
    <Frame {...{ label, hint, problem }} required={input.required}>
      {(named) => (
        <select {...input} {...named} className={styles['control']}>
          {children}
        </select>
      )}
    </Frame>
  );
}

export function CheckField({ label, hint, problem, ...input }: FieldProps<'input'>) {
  const id = useId();
  return (
    <div className={styles['field']}>
      <label className={styles['check']}>
        <input
          type="checkbox"
          {...input}
          aria-describedby={`${id}-said`}
          aria-invalid={problem !== undefined || undefined}
        />
        {label}
      </label>
      <Said id={`${id}-said`} hint={hint} problem={problem} />
    </div>
  );
}

interface Named {
  id: string;
  'aria-describedby': string;
  'aria-invalid': true | undefined;
}

function Frame({
  label,
  hint,
  problem,
  required,
  children,
}: FieldFrame & { required?: boolean | undefined; children: (named: Named) => ReactNode }) {
  const id = useId();
  const said = `${id}-said`;
  return (
    <div className={styles['field']}>
      <label htmlFor={id}>
        {label}
        {required && <span aria-hidden> *</span>}
      </label>
      {children({ id, 'aria-describedby': said, 'aria-invalid': problem === undefined ? undefined : true })}
      <Said id={said} hint={hint} problem={problem} />
    </div>
  );
}

function Said({ id, hint, problem }: { id: string; hint: ReactNode; problem: string | undefined }) {
  return (
    <div id={id} className={styles['said']}>
      {problem !== undefined && <p className={styles['problem']}>{problem}</p>}
      {hint}
    </div>
  );
}
