import { useState } from 'react';
import { PAGES } from '../pages.ts';
import { useMay } from '../session/me.ts';
import { Dialog } from '../ui/dialog.tsx';
import { CheckField } from '../ui/fields.tsx';
import styles from './keys-dialog.module.css';
import { singleKeysAreOn, switchSingleKeys } from './single-keys.ts';

const EVERYWHERE = [
  [['Ctrl', 'K'], 'Search pages, partners, routes, files'],
  [['/'], 'The same'],
  [['?'], 'These keys'],
  [['Esc'], 'Close what is open over the page'],
  [['F6'], 'To what was said in the corner'],
] as const;

const IN_LISTS = [
  [['↓'], 'Next row'],
  [['↑'], 'Row before'],
  [['Page ↓'], 'A screen further'],
  [['Home'], 'First row'],
  [['End'], 'Last row that is loaded'],
  [['Enter'], 'Open the row; with Ctrl in a new tab'],
] as const;

export function KeysDialog({ open, onClose }: { open: boolean; onClose(): void }) {
  const may = useMay();
  const [single, setSingle] = useState(singleKeysAreOn);
  const jumps = PAGES.filter((page) => may(page.needs)).map(({ key, title }) => [['g', key], title] as const);
  return (
    <Dialog title="Keys" open={open} onClose={onClose} wide>
      <CheckField
        label="Keys without Ctrl work outside of fields and lists"
        hint="This browser keeps it."
        checked={single}
        onChange={(event) => {
          switchSingleKeys(event.target.checked);
          setSingle(event.target.checked);
        }}
      />
      <div className={styles['groups']}>
        <Keys title="On every page" keys={EVERYWHERE} />
        <Keys title="In lists" keys={IN_LISTS} />
        <Keys title="Go to a page" keys={jumps} />
      </div>
    </Dialog>
  );
}

function Keys({ title, keys }: { title: string; keys: readonly (readonly [readonly string[], string])[] }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <dl className={styles['keys']}>
        {keys.map(([pressed, what]) => (
          <div key={pressed.join(' ')}>
            <dt>
              {pressed.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
