import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SessionObject } from '#contract';
import { call } from '../../../api/call.ts';
import { readAll } from '../../../api/read-all.ts';
import { useMay, useMe } from '../../../session/me.ts';
import { countOf } from '../../../ui/amounts.ts';
import { ConfirmDialog } from '../../../ui/ask-dialog.tsx';
import { Button } from '../../../ui/button.tsx';
import { Loaded } from '../../../ui/loaded.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { OutsideText } from '../../../ui/outside-text.tsx';
import { EmptyState, Section } from '../../../ui/page.tsx';
import { type SimpleColumn, SimpleTable } from '../../../ui/simple-table.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { Badge } from '../../../ui/state-badge.tsx';
import { tell } from '../../../ui/tell.tsx';
import styles from '../settings.module.css';
import { browserName } from './browser-name.ts';

/** Browsers that are signed in: one's own, and everybody's for an admin of the whole installation. */
export function SessionsSection() {
  const me = useMe();
  const may = useMay();
  const sessions = useQuery(readAll('listSessions'));
  const [ending, setEnding] = useState<SessionObject>();
  const columns: readonly SimpleColumn<SessionObject>[] = [
    {
      id: 'user',
      title: 'Who',
      main: true,
      cell: ({ user, current }) => (
        <span className={styles['badges']}>
          <OutsideText text={user} />
          {current && <Badge tone="good">this one</Badge>}
        </span>
      ),
    },
    {
      id: 'client',
      title: 'Browser',
      cell: ({ client }) => (
        <span title={client}>
          <OutsideText text={browserName(client)} />
        </span>
      ),
    },
    { id: 'address', title: 'From', cell: ({ address }) => <OutsideText text={address} /> },
    { id: 'created', title: 'Signed in', cell: ({ createdAt }) => <Moment at={createdAt} /> },
    { id: 'seen', title: 'Last seen', cell: ({ lastSeenAt }) => <Moment at={lastSeenAt} relative /> },
    { id: 'expires', title: 'Ends', cell: ({ expiresAt }) => <Moment at={expiresAt} relative /> },
    ...(may('endSession')
      ? [
          {
            id: 'do',
            title: 'What can be done',
            quiet: true,
            cell: (session: SessionObject) =>
              !session.current && (
                <Button
                  look="danger"
                  aria-label={`End the session of ${session.user} from ${session.address}`}
                  onClick={() => setEnding(session)}
                >
                  End
                </Button>
              ),
          },
        ]
      : []),
  ];
  return (
    <Section title={sessions.data ? countOf(sessions.data.length, 'session') : 'Sessions'}>
      <p className={styles['muted']}>
        A session ends by itself after 30 minutes without a request, and after 12 hours at the latest. A page
        that is seen asks by itself: it counts as use.
        {sessions.data?.some(({ user }) => user !== me.name) || me.role !== 'admin'
          ? ''
          : ' Nobody else is signed in now.'}
      </p>
      <Loaded query={sessions} what="The sessions could not be read" skeleton={<Skeleton height="10rem" />}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState title="Nobody is signed in with a session." />
          ) : (
            <SimpleTable caption="Sessions" columns={columns} rows={all} rowKey={({ id }) => id} />
          )
        }
      </Loaded>
      {ending && <EndDialog session={ending} onClose={() => setEnding(undefined)} />}
    </Section>
  );
}

function EndDialog({ session: { id, user, address }, onClose }: { session: SessionObject; onClose(): void }) {
  const queries = useQueryClient();
  const confirm = async () => {
    await call('endSession', { params: { id } });
    void queries.invalidateQueries({ queryKey: ['listSessions'] });
    tell(`The session of ${user} is over.`);
  };
  return (
    <ConfirmDialog
      open
      danger
      title={`End the session of ${user}?`}
      description={`It was opened from ${address}. With its next request that browser is asked to sign in again.`}
      confirm="End session"
      onClose={onClose}
      onConfirm={confirm}
    />
  );
}
