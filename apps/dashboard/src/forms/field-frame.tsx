import { type ReactNode, useId } from 'react';
import styles from './forms.module.css';

interface FieldFrameProps {
  label: string;
  hint: ReactNode;
  problem: string | undefined;
  children: ReactNode;
}

/** A field of several controls: one name and one explanation for all of them. */
export function FieldFrame({ label, hint, problem, children }: FieldFrameProps) {
  const id = useId();
  return (
    <fieldset
      className={styles['frame']}
      aria-describedby={`${id}-said`}
      data-invalid={problem !== undefined || undefined}
    >
      <legend className={styles['label']}>{label}</legend>
      {children}
      <div id={`${id}-said`} className={styles['said']}>
        {problem !== undefined && <p className={styles['problem']}>{problem}</p>}
        {hint}
      </div>
    </fieldset>
  );
}
