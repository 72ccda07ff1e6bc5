import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';
import { showCount } from './amounts.ts';
import styles from './tabs.module.css';

export interface Tab<Id extends string> {
  id: Id;
  title: string;
  /** How many things there are behind it. */
  count?: number | undefined;
  content: ReactNode;
}

interface TabsProps<Id extends string> {
  /** What the tabs are parts of, for screen readers: `Parts of the run`. */
  label: string;
  tabs: readonly Tab<Id>[];
  /** Given where the page keeps it in its address; otherwise the first is shown. */
  value?: Id;
  onChange?(id: Id): void;
}

/** Only what is behind the chosen tab is there, and reads its data. */
export function Tabs<Id extends string>({ label, tabs, value, onChange }: TabsProps<Id>) {
  return (
    <Base.Root
      className={styles['tabs']}
      {...(value === undefined ? { defaultValue: tabs[0]?.id } : { value })}
      onValueChange={(id: Id) => onChange?.(id)}
    >
      <Base.List aria-label={label} className={styles['list']}>
        {tabs.map(({ id, title, count }) => (
          <Base.Tab key={id} value={id} className={styles['tab']}>
            {title}
            {count !== undefined && <span className={styles['count']}>{showCount(count)}</span>}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map(({ id, content }) => (
        <Base.Panel key={id} value={id} className={styles['panel']}>
          {content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
