import { type ReactNode, type RefObject, useId } from 'react';
import { Icon } from '../ui/icon.tsx';
import styles from './filters.module.css';

interface SearchFieldProps {
  input?: RefObject<HTMLInputElement | null>;
  placeholder: string;
  value: string;
  onType(text: string): void;
  onEnter(): void;
  /** How the text is understood; read out with the field. */
  children: ReactNode;
}

export function SearchField({ input, placeholder, value, onType, onEnter, children }: SearchFieldProps) {
  const said = useId();
  return (
    <search className={styles['search']}>
      <span className={styles['glass']}>
        <Icon name="search" />
      </span>
      <input
        {...(input && { ref: input })}
        type="search"
        aria-label="Search"
        aria-describedby={said}
        placeholder={placeholder}
        className={styles['input']}
        value={value}
        maxLength={500}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="none"
        onChange={(event) => onType(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && onEnter()}
      />
      <div id={said} className={styles['said']} role="status">
        {children}
      </div>
    </search>
  );
}
