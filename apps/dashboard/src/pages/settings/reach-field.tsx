import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { readAll } from '../../api/read-all.ts';
import { OutsideText } from '../../ui/outside-text.tsx';
import { type Reach, toggleName } from './reach.ts';
import styles from './settings.module.css';

interface ReachFieldProps {
  noun: 'partner' | 'route';
  value: Reach;
  onChange(value: Reach): void;
  problem?: string | undefined;
}

/** All of them, also those to come; or some, by their names. */
export function ReachField({ noun, value, onChange, problem }: ReachFieldProps) {
  const id = useId();
  const partners = useQuery({ ...readAll('listPartners'), enabled: noun === 'partner' });
  const routes = useQuery({ ...readAll('listRoutes'), enabled: noun === 'route' });
  const known = ((noun === 'partner' ? partners.data : routes.data) ?? []).map(({ name }) => name);
  const chosen = value === 'all' ? [] : value;
  // What is chosen already stays to be seen, also where it is gone by now.
  const names = [...new Set([...known, ...chosen])];
  return (
    <fieldset className={styles['choices']} aria-describedby={problem ? `${id}-problem` : undefined}>
      <legend>{noun === 'partner' ? 'Partners' : 'Routes'}</legend>
      <label className={styles['choice']}>
        <input type="radio" name={id} checked={value === 'all'} onChange={() => onChange('all')} />
        All, also those to come
      </label>
      <label className={styles['choice']}>
        <input
          type="radio"
          name={id}
          checked={value !== 'all'}
          disabled={names.length === 0}
          onChange={() => onChange(chosen)}
        />
        Only some
      </label>
      {value !== 'all' && (
        <div className={styles['names']}>
          {names.map((name) => (
            <label key={name} className={styles['choice']}>
              <input
                type="checkbox"
                checked={chosen.includes(name)}
                onChange={() => onChange(toggleName(chosen, name))}
              />
              <OutsideText text={name} />
            </label>
          ))}
        </div>
      )}
      {problem && (
        <p id={`${id}-problem`} className={styles['problem']}>
          {problem}
        </p>
      )}
    </fieldset>
  );
}
