import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { SecretObject } from '#contract';
import { readAll } from '../../../api/read-all.ts';
import { StoreSecretDialog } from '../../../forms/store-secret-dialog.tsx';
import { useMay } from '../../../session/me.ts';
import { countOf } from '../../../ui/amounts.ts';
import { Button } from '../../../ui/button.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { Loaded } from '../../../ui/loaded.tsx';
import { Menu, type MenuEntry } from '../../../ui/menu.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { OutsideText } from '../../../ui/outside-text.tsx';
import { EmptyState, Section } from '../../../ui/page.tsx';
import { type SimpleColumn, SimpleTable } from '../../../ui/simple-table.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { Badge } from '../../../ui/state-badge.tsx';
import { tell } from '../../../ui/tell.tsx';
import styles from '../settings.module.css';
import { AssignSecretDialog } from './assign-secret-dialog.tsx';
import { DeleteSecretDialog } from './delete-secret-dialog.tsx';
import { secretUses } from './secret-uses.ts';

type Doing = { what: 'create' } | { what: 'replace' | 'assign' | 'delete'; secret: SecretObject };
const NOBODY: readonly string[] = [];

/** Names, versions and ages. A value goes in and never comes out. */
export function SecretsSection() {
  const may = useMay();
  const secrets = useQuery(readAll('listSecrets'));
  const endpoints = useQuery(readAll('listEndpoints'));
  const partners = useQuery(readAll('listPartners'));
  const [doing, setDoing] = useState<Doing>();
  const close = () => setDoing(undefined);
  const uses = endpoints.data && secretUses(endpoints.data);
  const known = partners.data?.map(({ name }) => name) ?? NOBODY;
  const add = may('setSecret') && (
    <Button look="primary" onClick={() => setDoing({ what: 'create' })}>
      <Icon name="plus" /> New secret
    </Button>
  );
  const stored = (name: string, verb: string) => {
    tell(`${name} is ${verb}.`);
    close();
  };
  return (
    <Section title={secrets.data ? countOf(secrets.data.length, 'secret') : 'Secrets'} actions={add}>
      <p className={styles['muted']}>
        Passwords and keys of endpoints, sealed so that only workers can open them. No page and no answer ever
        shows a value.
      </p>
      <Loaded query={secrets} what="The secrets could not be read" skeleton={<Skeleton height="14rem" />}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState title="There is no secret yet.">
              <p>Store one here, or where an endpoint asks for it.</p>
            </EmptyState>
          ) : (
            <>
              <KeyNote secrets={all} />
              <SimpleTable
                caption="Secrets"
                columns={columnsOf(uses, may('setSecret') ? setDoing : undefined)}
                rows={all}
                rowKey={({ name }) => name}
              />
            </>
          )
        }
      </Loaded>
      {doing?.what === 'create' && (
        <StoreSecretDialog partners={known} onClose={close} onStored={(name) => stored(name, 'stored')} />
      )}
      {doing?.what === 'replace' && (
        <StoreSecretDialog
          replaces={doing.secret.name}
          onClose={close}
          onStored={(name) => stored(name, 'replaced')}
        />
      )}
      {doing?.what === 'assign' && (
        <AssignSecretDialog secret={doing.secret} partners={known} onClose={close} />
      )}
      {doing?.what === 'delete' && (
        <DeleteSecretDialog
          name={doing.secret.name}
          usedBy={uses?.get(doing.secret.name) ?? NOBODY}
          onClose={close}
        />
      )}
    </Section>
  );
}

/** Said only between `rotate` and `rewrap`: both are commands on the machine. */
function KeyNote({ secrets }: { secrets: readonly SecretObject[] }) {
  if (new Set(secrets.map(({ keyId }) => keyId)).size < 2) return null;
  return (
    <p className={styles['notice']}>
      Not all secrets are sealed to the same key: the keys were changed. <code>waybill secret rewrap</code> on
      the machine seals all of them to the newest one, with their values unopened.
    </p>
  );
}

function columnsOf(
  uses: ReadonlyMap<string, readonly string[]> | undefined,
  onDo: ((doing: Doing) => void) | undefined,
): readonly SimpleColumn<SecretObject>[] {
  const entriesOf = (secret: SecretObject): MenuEntry[] => [
    { title: 'Replace the value', icon: 'again', onChoose: () => onDo?.({ what: 'replace', secret }) },
    { title: 'Say who may use it', icon: 'partner', onChoose: () => onDo?.({ what: 'assign', secret }) },
    { title: 'Delete', icon: 'close', danger: true, onChoose: () => onDo?.({ what: 'delete', secret }) },
  ];
  return [
    { id: 'name', title: 'Name', main: true, cell: ({ name }) => <OutsideText text={name} /> },
    {
      id: 'whose',
      title: 'Who may use it',
      cell: ({ partner }) =>
        partner === null ? (
          <span className={styles['key']}>every partner</span>
        ) : (
          <Link to="/partners/$name" params={{ name: partner }}>
            <OutsideText text={partner} />
          </Link>
        ),
    },
    {
      id: 'uses',
      title: 'Used by',
      cell: ({ name }) => <UsedBy names={uses?.get(name)} known={uses !== undefined} />,
    },
    { id: 'version', title: 'Version', numeric: true, cell: ({ version }) => version },
    {
      id: 'age',
      title: 'Age',
      cell: ({ ageDays, updatedAt }) =>
        ageDays === 0 ? <Moment at={updatedAt} relative /> : countOf(ageDays, 'day'),
    },
    {
      id: 'key',
      title: 'Sealing key',
      cell: ({ keyId }) =>
        keyId === null ? (
          <Badge tone="warn">none</Badge>
        ) : (
          <code className={styles['key']}>{keyId.slice(0, 12)}</code>
        ),
    },
    ...(onDo
      ? [
          {
            id: 'do',
            title: 'What can be done',
            quiet: true,
            cell: (secret: SecretObject) => (
              <Menu look="quiet" label={`Change ${secret.name}`} entries={entriesOf(secret)} />
            ),
          },
        ]
      : []),
  ];
}

function UsedBy({ names = NOBODY, known }: { names: readonly string[] | undefined; known: boolean }) {
  if (!known) return '…';
  if (names.length === 0) return <span className={styles['muted']}>no endpoint</span>;
  return (
    <span className={styles['badges']}>
      {names.map((name) => (
        <Link key={name} to="/endpoints/$name" params={{ name }}>
          <OutsideText text={name} />
        </Link>
      ))}
    </span>
  );
}
