import { Popover } from '@base-ui/react/popover';
import { buttonClass, IconButton } from '../button.tsx';
import { Icon } from '../icon.tsx';
import { type ColumnChoice, moveColumn, showColumn } from './column-choice.ts';
import styles from './column-chooser.module.css';
import type { BigColumn } from './columns.ts';

interface ColumnChooserProps {
  columns: readonly Pick<BigColumn<never>, 'id' | 'title' | 'main'>[];
  usual: ColumnChoice;
  choice: ColumnChoice;
  choose(choice: ColumnChoice): void;
}

/** Which columns are shown, and in which order. */
export function ColumnChooser({ columns, usual, choice, choose }: ColumnChooserProps) {
  return (
    <Popover.Root>
      <Popover.Trigger className={buttonClass('plain')}>
        <Icon name="columns" />
        Columns
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner align="end" sideOffset={6} className={styles['positioner']}>
          <Popover.Popup className={styles['popup']}>
            <Popover.Title className={styles['title']}>Columns</Popover.Title>
            <ul>
              {columns.map(({ id, title, main }, index) => (
                <li key={id} className={styles['column']}>
                  <label>
                    <input
                      type="checkbox"
                      checked={!choice.hidden.includes(id)}
                      disabled={main}
                      onChange={(event) => choose(showColumn(choice, id, event.target.checked))}
                    />
                    {title}
                  </label>
                  <IconButton
                    label={`${title} further left`}
                    disabled={index === 0}
                    onClick={() => choose(moveColumn(choice, id, -1))}
                  >
                    <Icon name="up" />
                  </IconButton>
                  <IconButton
                    label={`${title} further right`}
                    disabled={index === columns.length - 1}
                    onClick={() => choose(moveColumn(choice, id, 1))}
                  >
                    <Icon name="down" />
                  </IconButton>
                </li>
              ))}
            </ul>
            <button type="button" className={buttonClass('quiet')} onClick={() => choose(usual)}>
              As they come
            </button>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
