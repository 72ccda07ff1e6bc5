import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { UserObject } from '#contract';
import { readAll } from '../../../api/read-all.ts';
import { useMay, useMe } from '../../../session/me.ts';
import { countOf } from '../../../ui/amounts.ts';
import { Button } from '../../../ui/button.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { Loaded } from '../../../ui/loaded.tsx';
import { Menu, type MenuEntry } from '../../../ui/menu.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { OutsideText } from '../../../ui/outside-text.tsx';
import { Section } from '../../../ui/page.tsx';
import { type SimpleColumn, SimpleTable } from '../../../ui/simple-table.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { Badge } from '../../../ui/state-badge.tsx';
import { installationQuery } from '../installation/installation-query.ts';
import { reachText } from '../reach.ts';
import styles from '../settings.module.css';
import { ChangeUserDialog } from './change-user-dialog.tsx';
import { CreateUserDialog } from './create-user-dialog.tsx';
import { DisableUserDialog } from './disable-user-dialog.tsx';
import { ResetUserDialog } from './reset-user-dialog.tsx';
import { adminNames, whyNotReset } from './user-rules.ts';

type Doing = { what: 'create' } | { what: 'change' | 'reset' | 'disable'; user: UserObject };

/** Persons: who they are, what they may, how they sign in. */
export function UsersSection() {
  const may = useMay();
  const users = useQuery(readAll('listUsers'));
  const [doing, setDoing] = useState<Doing>();
  const close = () => setDoing(undefined);
  const add = may('createUser') && (
    <Button look="primary" onClick={() => setDoing({ what: 'create' })}>
      <Icon name="plus" /> New user
    </Button>
  );
  const { data: installation } = useQuery(installationQuery);
  const fourEyes = installation?.fourEyes === true;
  const columns = useUserColumns(fourEyes, setDoing);
  return (
    <Section title={users.data ? countOf(users.data.length, 'user') : 'Users'} actions={add}>
      <Loaded query={users} what="The users could not be read" skeleton={<Skeleton height="14rem" />}>
        {(all) => <SimpleTable caption="Users" columns={columns} rows={all} rowKey={({ name }) => name} />}
      </Loaded>
      {doing?.what === 'create' && <CreateUserDialog fourEyes={fourEyes} onClose={close} />}
      {doing?.what === 'change' && (
        <ChangeUserDialog user={doing.user} admins={adminNames(users.data ?? [])} onClose={close} />
      )}
      {doing?.what === 'reset' && <ResetUserDialog user={doing.user} onClose={close} />}
      {doing?.what === 'disable' && <DisableUserDialog user={doing.user} onClose={close} />}
    </Section>
  );
}

function useUserColumns(
  fourEyes: boolean,
  onDo: (doing: Doing) => void,
): readonly SimpleColumn<UserObject>[] {
  const me = useMe();
  const may = useMay();
  const entriesOf = (user: UserObject): MenuEntry[] => [
    ...(may('changeUser')
      ? [
          {
            title: 'Change role and partners',
            icon: 'edit' as const,
            unavailable:
              user.signsInWith === 'identity_provider'
                ? 'The groups at the identity provider say it'
                : undefined,
            onChoose: () => onDo({ what: 'change', user }),
          },
        ]
      : []),
    ...(may('resetUser')
      ? [
          {
            title: 'Reset password',
            icon: 'again' as const,
            unavailable: whyNotReset(user, me.name, fourEyes),
            onChoose: () => onDo({ what: 'reset', user }),
          },
        ]
      : []),
    ...(may('changeUser')
      ? [
          {
            title: user.disabled ? 'Enable' : 'Disable',
            icon: user.disabled ? ('play' as const) : ('pause' as const),
            danger: !user.disabled,
            onChoose: () => onDo({ what: 'disable', user }),
          },
        ]
      : []),
  ];
  return [
    {
      id: 'name',
      title: 'Name',
      main: true,
      cell: ({ name }) => (
        <>
          <OutsideText text={name} /> {name === me.name && <span className={styles['muted']}>(you)</span>}
        </>
      ),
    },
    { id: 'role', title: 'Role', cell: ({ role }) => role },
    {
      id: 'reach',
      title: 'Reach',
      cell: ({ partners }) => <OutsideText text={reachText(partners, 'partner')} />,
    },
    { id: 'sign-in', title: 'Signs in', cell: (user) => <SignsIn user={user} /> },
    {
      id: 'last',
      title: 'Last sign-in',
      cell: ({ lastSignInAt }) =>
        lastSignInAt === null ? (
          <span className={styles['muted']}>never</span>
        ) : (
          <Moment at={lastSignInAt} relative />
        ),
    },
    ...(may('changeUser') || may('resetUser')
      ? [
          {
            id: 'do',
            title: 'What can be done',
            quiet: true,
            cell: (user: UserObject) => (
              <Menu look="quiet" label={`Change ${user.name}`} entries={entriesOf(user)} />
            ),
          },
        ]
      : []),
  ];
}

function SignsIn({ user }: { user: UserObject }) {
  return (
    <span className={styles['badges']}>
      {user.disabled && <Badge tone="bad">disabled</Badge>}
      {user.signsInWith === 'identity_provider' ? (
        <span>at the identity provider</span>
      ) : (
        <>
          {user.passwordIsOneTime && <Badge tone="warn">one-time password</Badge>}
          {user.hasSecondFactor ? (
            <Badge tone="good">with second factor</Badge>
          ) : (
            !user.passwordIsOneTime && <Badge tone="idle">password alone</Badge>
          )}
        </>
      )}
    </span>
  );
}
