import { Menu as Base } from '@base-ui/react/menu';
import type { ReactNode } from 'react';
import { type ButtonLook, buttonClass } from './button.tsx';
import { Icon, type IconName } from './icon.tsx';
import { joinClasses } from './join-classes.ts';
import styles from './menu.module.css';

export interface MenuEntry {
  title: string;
  icon?: IconName;
  danger?: boolean;
  /** Why it cannot be chosen now; it is shown, and not offered. */
  unavailable?: string | undefined;
  /** Either of them: what to do, or where the browser goes (a file to download). */
  onChoose?(): void;
  href?: string;
}

interface MenuProps {
  /** Names the button for screen readers; shown where there are no children. */
  label: string;
  entries: readonly MenuEntry[];
  look?: ButtonLook;
  /** What is in the button; three dots where nothing is given. */
  children?: ReactNode;
}

/** A button that opens a list of things to do. */
export function Menu({ label, entries, look = 'plain', children }: MenuProps) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger
        className={buttonClass(look, children ? undefined : styles['dots'])}
        aria-label={children ? undefined : label}
        title={children ? undefined : label}
      >
        {children ?? <Icon name="more" />}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner align="end" sideOffset={6} className={styles['positioner']}>
          <Base.Popup className={styles['popup']}>
            {entries.map((entry) => (
              <Entry key={entry.title} {...entry} />
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

function Entry({ title, icon, danger, unavailable, onChoose, href }: MenuEntry) {
  const className = joinClasses(styles['item'], danger && styles['danger']);
  const content = (
    <>
      {icon && <Icon name={icon} />}
      <span>
        {title}
        {unavailable && <span className={styles['why']}>{unavailable}</span>}
      </span>
    </>
  );
  if (href !== undefined && unavailable === undefined) {
    return (
      <Base.LinkItem href={href} className={className} closeOnClick>
        {content}
      </Base.LinkItem>
    );
  }
  return (
    <Base.Item className={className} disabled={unavailable !== undefined} onClick={() => onChoose?.()}>
      {content}
    </Base.Item>
  );
}
