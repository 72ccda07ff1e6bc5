import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { KeyObject } from '#contract';
import { call } from '../../../api/call.ts';
import { readAll } from '../../../api/read-all.ts';
import { useMay } from '../../../session/me.ts';
import { countOf } from '../../../ui/amounts.ts';
import { ConfirmDialog } from '../../../ui/ask-dialog.tsx';
import { Button } from '../../../ui/button.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { Loaded } from '../../../ui/loaded.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { useNow } from '../../../ui/now.ts';
import { OutsideText } from '../../../ui/outside-text.tsx';
import { EmptyState, Section } from '../../../ui/page.tsx';
import { type SimpleColumn, SimpleTable } from '../../../ui/simple-table.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { Badge } from '../../../ui/state-badge.tsx';
import { tell } from '../../../ui/tell.tsx';
import { reachText } from '../reach.ts';
import styles from '../settings.module.css';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { inUseFirst, standingOf } from './key-standing.ts';

/** Keys of programs: what they may, when they were used, who stands behind them. */
export function KeysSection() {
  const may = useMay();
  const now = useNow();
  const keys = useQuery(readAll('listKeys'));
  const [doing, setDoing] = useState<'create' | KeyObject>();
  const close = () => setDoing(undefined);
  const add = may('createKey') && (
    <Button look="primary" onClick={() => setDoing('create')}>
      <Icon name="plus" /> New API key
    </Button>
  );
  const columns: readonly SimpleColumn<KeyObject>[] = may('revokeKey')
    ? [
        ...COLUMNS,
        {
          id: 'do',
          title: 'What can be done',
          quiet: true,
          cell: (key) =>
            standingOf(key, now).opens && (
              <Button look="danger" aria-label={`Revoke ${key.name}`} onClick={() => setDoing(key)}>
                Revoke
              </Button>
            ),
        },
      ]
    : COLUMNS;
  return (
    <Section title={keys.data ? countOf(keys.data.length, 'API key') : 'API keys'} actions={add}>
      <Loaded query={keys} what="The keys could not be read" skeleton={<Skeleton height="14rem" />}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState title="There is no API key yet.">
              <p>A program needs one to trigger runs and to ask how they went.</p>
            </EmptyState>
          ) : (
            <SimpleTable
              caption="API keys"
              columns={columns}
              rows={inUseFirst(all, now)}
              rowKey={({ name, createdAt }) => `${name} ${createdAt}`}
            />
          )
        }
      </Loaded>
      {doing === 'create' && <CreateKeyDialog onClose={close} />}
      {doing !== undefined && doing !== 'create' && <RevokeDialog name={doing.name} onClose={close} />}
    </Section>
  );
}

const COLUMNS: readonly SimpleColumn<KeyObject>[] = [
  { id: 'name', title: 'Name', main: true, cell: ({ name }) => <OutsideText text={name} /> },
  { id: 'state', title: 'State', cell: (key) => <KeyState entry={key} /> },
  { id: 'role', title: 'Role', cell: ({ role }) => role },
  {
    id: 'reach',
    title: 'Reach',
    cell: ({ partners, routes }) => (
      <OutsideText text={`${reachText(partners, 'partner')}, ${reachText(routes, 'route')}`} />
    ),
  },
  {
    id: 'person',
    title: 'Behind it',
    cell: ({ person }) => (person === null ? <Muted text="nobody" /> : <OutsideText text={person} />),
  },
  {
    id: 'used',
    title: 'Last used',
    cell: ({ lastUsedAt }) =>
      lastUsedAt === null ? <Muted text="never" /> : <Moment at={lastUsedAt} relative />,
  },
  {
    id: 'expires',
    title: 'Expires',
    cell: ({ expiresAt }) =>
      expiresAt === null ? <Muted text="never" /> : <Moment at={expiresAt} relative />,
  },
];

function Muted({ text }: { text: string }) {
  return <span className={styles['muted']}>{text}</span>;
}

function KeyState({ entry }: { entry: KeyObject }) {
  const { tone, says } = standingOf(entry, useNow());
  return (
    <span className={styles['badges']}>
      <Badge tone={tone}>{says}</Badge>
      {says === 'stopped' && (
        <Muted text="who stands behind it is disabled, or the key that it comes from is revoked" />
      )}
      {entry.revokedAt !== null && <Moment at={entry.revokedAt} relative />}
    </span>
  );
}

function RevokeDialog({ name, onClose }: { name: string; onClose(): void }) {
  const queries = useQueryClient();
  const confirm = async () => {
    await call('revokeKey', { params: { name } });
    void queries.invalidateQueries({ queryKey: ['listKeys'] });
    tell(`${name} is revoked.`);
  };
  return (
    <ConfirmDialog
      open
      danger
      title={`Revoke ${name}?`}
      description="With its next request the program is refused, and so are keys that were made with this one. It cannot be undone."
      confirm="Revoke"
      onClose={onClose}
      onConfirm={confirm}
    />
  );
}
