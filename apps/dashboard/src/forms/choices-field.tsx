import { useFieldValue, useSaid } from './field.tsx';
import { FieldFrame } from './field-frame.tsx';
import type { SpecOf } from './field-spec.ts';
import styles from './forms.module.css';

/** Of some words those that are wanted; they count in the order in which they are ticked. */
export function ChoicesField({ spec }: { spec: SpecOf<'choices'> }) {
  const { value: chosen, change } = useFieldValue<string[]>(spec.path);
  const said = useSaid(spec);
  return (
    <FieldFrame label={said.label} hint={said.hint} problem={said.problem}>
      <div className={styles['list']}>
        {spec.options.map(({ value, label, means }) => {
          const place = chosen.indexOf(value);
          return (
            <label key={value} className={styles['choice']}>
              <input
                type="checkbox"
                checked={place >= 0}
                onChange={() =>
                  change(place < 0 ? [...chosen, value] : chosen.filter((word) => word !== value))
                }
              />
              <span>
                {label}
                {place >= 0 && chosen.length > 1 && (
                  <span className={styles['muted']}> · tried as {place + 1}.</span>
                )}
                {means && <span className={styles['meaning']}>{means}</span>}
              </span>
            </label>
          );
        })}
      </div>
    </FieldFrame>
  );
}
