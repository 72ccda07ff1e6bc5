import type { ReactNode } from 'react';
import { useFormContext } from 'react-hook-form';
import { CheckField } from '../ui/fields.tsx';
import { useSaid } from './field.tsx';
import { presencePath } from './field-spec.ts';
import { useFormFrame, useSpec } from './form-context.ts';
import styles from './forms.module.css';

/** Something that is there or not, with its own fields while it is. */
export function FieldGroup({ path, children }: { path: string; children: ReactNode }) {
  const spec = useSpec(path);
  const { offered, present } = useFormFrame();
  const { register } = useFormContext();
  const { required: _, ...said } = useSaid(spec);
  if (!offered.has(path)) return null;
  return (
    <div className={styles['group']}>
      <CheckField {...said} {...register(presencePath(path))} />
      {present.has(path) && <div className={styles['groupFields']}>{children}</div>}
    </div>
  );
}
