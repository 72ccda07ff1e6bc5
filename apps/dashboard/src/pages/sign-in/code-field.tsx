import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/fields.tsx';
import styles from './sign-in-page.module.css';

/** Six digits, or one of the codes for the day the authenticator is lost: on a phone each has its own keyboard. */
export function CodeField({ value, onChange }: { value: string; onChange(value: string): void }) {
  const [recovery, setRecovery] = useState(false);
  return (
    <div className={styles['code']}>
      <TextField
        key={String(recovery)}
        label={recovery ? 'Recovery code' : 'Code'}
        hint={
          recovery ? 'One of those that you have printed; it works once.' : 'Six digits of your authenticator'
        }
        name="code"
        autoComplete={recovery ? 'off' : 'one-time-code'}
        inputMode={recovery ? 'text' : 'numeric'}
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <Button
        look="quiet"
        className={styles['other']}
        onClick={() => {
          setRecovery(!recovery);
          onChange('');
        }}
      >
        {recovery ? 'I have the authenticator' : 'The authenticator is lost'}
      </Button>
    </div>
  );
}
