import { useState } from 'react';
import { useFieldValue, useSaid } from '../../forms/field.tsx';
import { useSpec } from '../../forms/form-context.ts';
import forms from '../../forms/forms.module.css';
import { Button, IconButton } from '../../ui/button.tsx';
import { TextField } from '../../ui/fields.tsx';
import { Icon } from '../../ui/icon.tsx';
import { declaredOf, type ParameterRow, rowsOf } from './parameter-rows.ts';
import styles from './route-form.module.css';

type Declared = ReturnType<typeof declaredOf>;

/** What whoever starts a run may say: names, what their values look like, and what holds where nothing is said. */
export function ParametersField() {
  const { value, change } = useFieldValue<Declared>('parameters');
  const { hint, problem } = useSaid(useSpec('parameters'));
  const [rows, setRows] = useState<ParameterRow[]>(() => rowsOf(value));
  // Somebody else has set it: a reload, or what was changed meanwhile.
  const isOwn = JSON.stringify(declaredOf(rows) ?? {}) === JSON.stringify(value ?? {});
  const shown = isOwn ? rows : rowsOf(value);
  const set = (next: ParameterRow[]) => {
    setRows(next);
    change(declaredOf(next) ?? {});
  };
  const names = shown.map(({ name }) => name);
  return (
    <fieldset className={forms['frame']} data-invalid={problem !== undefined || undefined}>
      <legend className="visually-hidden">Parameters</legend>
      <div className={forms['said']}>
        {problem !== undefined && <p className={forms['problem']}>{problem}</p>}
        {hint}
      </div>
      <div className={styles['parameters']}>
        {shown.map((row, index) => {
          const change = (changed: Partial<ParameterRow>) => set(shown.with(index, { ...row, ...changed }));
          const twice = row.name !== '' && names.indexOf(row.name) !== index;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a name is typed letter by letter, its place stays
            <div key={index} className={styles['parameter']}>
              <TextField
                label={`Name of parameter ${index + 1}`}
                placeholder="day"
                spellCheck={false}
                autoCapitalize="none"
                problem={twice ? 'There is one of this name already; only one of them is kept.' : undefined}
                value={row.name}
                onChange={(event) => change({ name: event.target.value.trim() })}
              />
              <TextField
                label="Its values match (RE2)"
                placeholder="\d{8}"
                spellCheck={false}
                autoCapitalize="none"
                value={row.pattern}
                onChange={(event) => change({ pattern: event.target.value })}
              />
              <TextField
                label="Without a word it is"
                hint="Schedules say nothing: they need one. Empty: it has to be said."
                spellCheck={false}
                autoCapitalize="none"
                value={row.usual}
                onChange={(event) => change({ usual: event.target.value })}
              />
              <IconButton
                label={`Remove parameter ${row.name || index + 1}`}
                onClick={() => set(shown.toSpliced(index, 1))}
              >
                <Icon name="close" />
              </IconButton>
            </div>
          );
        })}
        <Button
          className={forms['add']}
          onClick={() => set([...shown, { name: '', pattern: '', usual: '' }])}
        >
          <Icon name="plus" /> Add a parameter
        </Button>
      </div>
    </fieldset>
  );
}
