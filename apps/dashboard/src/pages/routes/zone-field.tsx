import { Autocomplete } from '@base-ui/react/autocomplete';
import { useId, useMemo } from 'react';
import { useFieldValue, useSaid } from '../../forms/field.tsx';
import { useSpec } from '../../forms/form-context.ts';
import forms from '../../forms/forms.module.css';
import { useNow } from '../../ui/now.ts';
import styles from './route-form.module.css';
import { clockIn, isZone, zoneNames } from './zones.ts';

const SHOWN = 40;

/** A zone by its IANA name, found by any part of it; what its clock shows now stands below. */
export function ZoneField({ path }: { path: string }) {
  const spec = useSpec(path);
  const { value, change } = useFieldValue<string>(path);
  const { label, hint, problem, required } = useSaid(spec);
  const now = useNow();
  const id = useId();
  const names = useMemo(() => zoneNames(), []);
  const given = value.trim();
  const wrong =
    problem ??
    (given !== '' && !isZone(given) ? 'There is no such time zone; Area/City is meant.' : undefined);
  return (
    <div className={styles['zone']}>
      <label htmlFor={id} className={forms['label']}>
        {label}
        {required && ' *'}
      </label>
      <Autocomplete.Root
        items={names}
        value={value}
        onValueChange={(next) => change(next)}
        filter={(name: string, query: string) => matches(name, query)}
        limit={SHOWN}
        openOnInputClick
      >
        <Autocomplete.Input
          id={id}
          className={forms['control']}
          placeholder="Europe/London"
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
          aria-describedby={`${id}-said`}
          aria-invalid={wrong !== undefined || undefined}
          aria-required={required}
        />
        <Autocomplete.Portal>
          <Autocomplete.Positioner align="start" sideOffset={4} className={styles['positioner']}>
            <Autocomplete.Popup className={styles['popup']} aria-label={label}>
              <Autocomplete.Empty className={styles['none']}>
                There is no zone of this name.
              </Autocomplete.Empty>
              <Autocomplete.List className={styles['options']}>
                {(name: string) => (
                  <Autocomplete.Item key={name} value={name} className={styles['option']}>
                    <span>{name}</span>
                    <span className={styles['besideOption']}>{clockIn(name, now)}</span>
                  </Autocomplete.Item>
                )}
              </Autocomplete.List>
            </Autocomplete.Popup>
          </Autocomplete.Positioner>
        </Autocomplete.Portal>
      </Autocomplete.Root>
      <div id={`${id}-said`} className={forms['said']}>
        {wrong !== undefined && <p className={forms['problem']}>{wrong}</p>}
        {hint}
        {isZone(given) && <p>It is {clockIn(given, now)} there now.</p>}
      </div>
    </div>
  );
}

/** `new york` finds America/New_York. */
function matches(name: string, query: string): boolean {
  const plain = (text: string) => text.toLowerCase().replaceAll('_', ' ');
  return plain(query)
    .split(/\s+/)
    .every((word) => plain(name).includes(word));
}
