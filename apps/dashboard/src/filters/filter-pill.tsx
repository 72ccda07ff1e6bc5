import { Combobox } from '@base-ui/react/combobox';
import { Icon } from '../ui/icon.tsx';
import { joinClasses } from '../ui/join-classes.ts';
import { visibleText } from '../ui/visible-text.ts';
import styles from './filters.module.css';

interface FilterPillProps {
  title: string;
  value: string | undefined;
  /** What it can be; undefined while that is being read. */
  options: readonly string[] | undefined;
  show?(value: string): string;
  onChange(value: string | undefined): void;
}

/** One filter: a button that opens what it can be, and, once set, says what it is and can be taken out. */
export function FilterPill({ title, value, options, show = visibleText, onChange }: FilterPillProps) {
  const isSet = value !== undefined;
  return (
    <div className={joinClasses(styles['pill'], isSet ? styles['set'] : styles['unset'])}>
      <Combobox.Root
        items={options ?? []}
        value={value ?? null}
        itemToStringLabel={show}
        onValueChange={(next: string | null) => onChange(next ?? undefined)}
        autoHighlight
      >
        <Combobox.Trigger
          className={styles['trigger']}
          aria-label={isSet ? `${title}: ${show(value)}` : title}
        >
          <span>{title}</span>
          {isSet ? <strong>{show(value)}</strong> : <Icon name="down" />}
        </Combobox.Trigger>
        <Combobox.Portal>
          <Combobox.Positioner align="start" sideOffset={6} className={styles['positioner']}>
            <Combobox.Popup className={styles['popup']} aria-label={title}>
              <Combobox.Input
                className={styles['find']}
                placeholder={`Find ${title.toLowerCase()}`}
                aria-label={`Find ${title.toLowerCase()}`}
              />
              <Combobox.Empty className={styles['none']}>
                {options === undefined ? 'Loading' : 'There is none of this name.'}
              </Combobox.Empty>
              <Combobox.List className={styles['options']}>
                {(option: string) => (
                  <Combobox.Item key={option} value={option} className={styles['option']}>
                    <span className={styles['tick']}>
                      <Combobox.ItemIndicator>
                        <Icon name="check" />
                      </Combobox.ItemIndicator>
                    </span>
                    {show(option)}
                  </Combobox.Item>
                )}
              </Combobox.List>
            </Combobox.Popup>
          </Combobox.Positioner>
        </Combobox.Portal>
      </Combobox.Root>
      {isSet && <TakeOut what={`${title}: ${show(value)}`} onTakeOut={() => onChange(undefined)} />}
    </div>
  );
}

/** A filter that comes with a link: it can only be taken out. */
export function FixedPill({ title, value, onTakeOut }: { title: string; value: string; onTakeOut(): void }) {
  return (
    <div className={joinClasses(styles['pill'], styles['set'])}>
      <span className={styles['trigger']}>
        <span>{title}</span>
        <strong>{value}</strong>
      </span>
      <TakeOut what={`${title}: ${value}`} onTakeOut={onTakeOut} />
    </div>
  );
}

function TakeOut({ what, onTakeOut }: { what: string; onTakeOut(): void }) {
  return (
    <button
      type="button"
      className={styles['out']}
      aria-label={`Remove filter ${what}`}
      title={`Remove filter ${what}`}
      onClick={onTakeOut}
    >
      <Icon name="close" size={14} />
    </button>
  );
}

/** `partly_delivered` as people read it. */
export function asWords(value: string): string {
  return value.replaceAll('_', ' ');
}
