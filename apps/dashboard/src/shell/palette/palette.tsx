import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { useRouter } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { call } from '../../api/call.ts';
import { newKey } from '../../api/new-key.ts';
import { countOf } from '../../ui/amounts.ts';
import { ConfirmDialog } from '../../ui/ask-dialog.tsx';
import { Icon } from '../../ui/icon.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { tell } from '../../ui/tell.tsx';
import { useInertPage } from '../../ui/use-inert-page.ts';
import type { PaletteEntry, PaletteGroup } from './find-entries.ts';
import styles from './palette.module.css';
import { useFound } from './use-found.ts';

/** Everything that can be found or done, by typing some of it. */
export function Palette({ onClose }: { onClose(): void }) {
  const router = useRouter();
  const [route, setRoute] = useState<string>();
  useInertPage(route === undefined);
  const choose = ({ run, href }: PaletteEntry) => {
    if (run !== undefined) return setRoute(run);
    onClose();
    router.history.push(href);
  };
  if (route !== undefined) return <RunNow route={route} onClose={onClose} />;
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles['backdrop']} />
        <Dialog.Popup className={styles['popup']} aria-label="Search everything">
          <Search onChoose={choose} />
          <Dialog.Close className="visually-hidden">Close</Dialog.Close>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Search({ onChoose }: { onChoose(entry: PaletteEntry): void }) {
  const [typed, setTyped] = useState('');
  const { groups, searching, error } = useFound(typed);
  const count = groups.reduce((sum, { items }) => sum + items.length, 0);
  return (
    <Autocomplete.Root
      open
      inline
      items={groups}
      filter={null}
      value={typed}
      onValueChange={(value, { reason }) => reason !== 'item-press' && setTyped(value)}
      itemToStringValue={({ title }: PaletteEntry) => title}
      autoHighlight="always"
      keepHighlight
    >
      <div className={styles['field']}>
        <Icon name="search" />
        <Autocomplete.Input
          className={styles['input']}
          aria-label="Search everything"
          placeholder="A page, partner, route, file name, SHA-256 or id"
        />
      </div>
      <Autocomplete.Status className="visually-hidden">
        {searching ? 'Searching' : count === 0 ? 'Nothing found' : `${countOf(count, 'result')}`}
      </Autocomplete.Status>
      {error ? <ProblemNotice error={error} what="Files could not be searched" /> : null}
      <Autocomplete.List className={styles['list']}>
        {(group: PaletteGroup) => (
          <Autocomplete.Group key={group.value} items={group.items} className={styles['group']}>
            <Autocomplete.GroupLabel className={styles['label']}>{group.value}</Autocomplete.GroupLabel>
            <Autocomplete.Collection>
              {(entry: PaletteEntry) => (
                <Autocomplete.Item
                  key={entry.id}
                  value={entry}
                  className={styles['item']}
                  onClick={() => onChoose(entry)}
                >
                  <Icon name={entry.icon} />
                  <span className={styles['title']}>
                    <OutsideText text={entry.title} />
                  </span>
                  {entry.beside && <span className={styles['beside']}>{entry.beside}</span>}
                </Autocomplete.Item>
              )}
            </Autocomplete.Collection>
          </Autocomplete.Group>
        )}
      </Autocomplete.List>
      {count === 0 && (
        <p className={styles['empty']}>
          {searching
            ? 'Searching'
            : 'Nothing found. File names are searched from three characters, SHA-256 from eight.'}
        </p>
      )}
      <p aria-hidden className={styles['foot']}>
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> choose
        </span>
        <span>
          <kbd>Enter</kbd> open
        </span>
        <span>
          <kbd>Esc</kbd> close
        </span>
      </p>
    </Autocomplete.Root>
  );
}

function RunNow({ route, onClose }: { route: string; onClose(): void }) {
  const router = useRouter();
  const key = useRef(newKey());
  const start = async () => {
    const run = await call('triggerRun', {
      params: { name: route },
      headers: { 'idempotency-key': key.current },
      body: {},
    });
    tell({ title: `${route} is queued.`, link: { href: `/runs/${run.id}`, title: 'See the run' } });
    router.history.push(`/runs/${run.id}`);
  };
  return (
    <ConfirmDialog
      title={`Run ${route} now`}
      description="It begins as soon as a worker is free, beside its schedule. What was delivered before is not delivered again."
      confirm="Run now"
      open
      onClose={onClose}
      onConfirm={start}
    />
  );
}
