import { useFieldValue, useSaid } from '../../forms/field.tsx';
import { useSpec } from '../../forms/form-context.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/fields.tsx';
import { CRON_PRESETS, cronWords } from './cron-words.ts';
import { readCron } from './read-cron.ts';
import styles from './route-form.module.css';
import { useDebounced } from './use-debounced.ts';

const PAUSE_MS = 500;

/** A cron expression with common ones at hand, and how it reads. */
export function CronField() {
  const { value, change } = useFieldValue<string>('schedule.cron');
  const { hint, problem, label } = useSaid(useSpec('schedule.cron'));
  const typed = useDebounced(value, PAUSE_MS);
  const reading = readCron(value);
  // Nobody is told that he is wrong while he types.
  const settled = typed === value && value.trim() !== '';
  const wrong = problem ?? (settled && !reading.ok ? reading.problem : undefined);
  return (
    <div className={styles['cron']}>
      <fieldset className={styles['presets']}>
        <legend className="visually-hidden">Common schedules</legend>
        {CRON_PRESETS.map(({ title, cron }) => (
          <Button
            key={cron}
            className={styles['preset']}
            aria-pressed={value.trim() === cron}
            onClick={() => change(cron)}
          >
            {title}
          </Button>
        ))}
      </fieldset>
      <TextField
        label={`${label} *`}
        hint={hint}
        problem={wrong}
        placeholder="15 2 * * mon-fri"
        spellCheck={false}
        autoCapitalize="none"
        aria-required
        value={value}
        onChange={(event) => change(event.target.value)}
      />
      <p className={styles['reads']} aria-live="polite">
        {reading.ok ? cronWords(reading.cron) : ''}
      </p>
    </div>
  );
}
