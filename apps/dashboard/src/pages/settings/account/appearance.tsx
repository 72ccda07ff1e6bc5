import { useId, useState } from 'react';
import { chooseTheme, currentTheme, THEMES, type Theme } from '../../../look/theme.ts';
import { useZone, ZONES, type Zone } from '../../../look/zone.tsx';
import { Section } from '../../../ui/page.tsx';
import styles from '../settings.module.css';

const THEME_NAMES: Readonly<Record<Theme, string>> = {
  system: 'As the system',
  light: 'Light',
  dark: 'Dark',
};

/** Kept by this browser, not by the account. */
export function Appearance() {
  const [theme, setTheme] = useState(currentTheme);
  const { zone, choose } = useZone();
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zoneNames: Readonly<Record<Zone, string>> = {
    mine: `My time (${mine})`,
    route: "The route's time, where a moment belongs to one",
    utc: 'UTC',
  };
  return (
    <Section title="Appearance">
      <p className={styles['muted']}>This browser keeps it.</p>
      <div className={styles['columns']}>
        <RadioGroup
          legend="Theme"
          values={THEMES}
          names={THEME_NAMES}
          value={theme}
          onChange={(chosen) => {
            chooseTheme(chosen);
            setTheme(chosen);
          }}
        />
        <RadioGroup
          legend="Times are shown in"
          values={ZONES}
          names={zoneNames}
          value={zone}
          onChange={choose}
        />
      </div>
    </Section>
  );
}

interface RadioGroupProps<Value extends string> {
  legend: string;
  values: readonly Value[];
  names: Readonly<Record<Value, string>>;
  value: Value;
  onChange(value: Value): void;
}

function RadioGroup<Value extends string>({
  legend,
  values,
  names,
  value,
  onChange,
}: RadioGroupProps<Value>) {
  const id = useId();
  return (
    <fieldset className={styles['choices']}>
      <legend>{legend}</legend>
      {values.map((known) => (
        <label key={known} className={styles['choice']}>
          <input type="radio" name={id} checked={known === value} onChange={() => onChange(known)} />
          {names[known]}
        </label>
      ))}
    </fieldset>
  );
}
