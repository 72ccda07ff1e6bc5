import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import type { Approval } from '#contract';
import { call } from '../../api/call.ts';
import { readAll } from '../../api/read-all.ts';
import { useMay, useMe } from '../../session/me.ts';
import { Button } from '../../ui/button.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { EmptyState, Page, Section } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { isOwn, longestFirst } from './approval-words.ts';
import styles from './approvals.module.css';
import { DecidedApproval } from './decided-approval.tsx';
import { WaitingApproval } from './waiting-approval.tsx';

/** Nobody tells of new ones; whoever has the page open sees them within that time. */
const EVERY_MS = 15_000;
const NO_KEYS: never[] = [];

/** What needs a second person: waiting ones with what they would change, then what became of the others. */
export function ApprovalsPage() {
  const may = useMay();
  if (!may('listApprovals'))
    return (
      <Page title="Approvals">
        <EmptyState title="Approvals are for operators, auditors and admins." />
      </Page>
    );
  return <Approvals />;
}

function Approvals() {
  const me = useMe();
  const may = useMay();
  const { id: named } = useSearch({ strict: false }) as { id?: string };
  const waiting = useQuery({ ...readAll('listApprovals', { state: 'pending' }), refetchInterval: EVERY_MS });
  const { data: keys = NO_KEYS } = useQuery({ ...readAll('listKeys'), enabled: may('listKeys') });
  return (
    <Page title="Approvals">
      <Loaded query={waiting} what="The approvals could not be read" skeleton={<Skeleton height="16rem" />}>
        {(pending) =>
          pending.length === 0 ? (
            <Section title="Waiting">
              <EmptyState title="Nothing waits for a second person.">
                <p>
                  Where four eyes are the policy, changes that let more happen wait here until another admin
                  has agreed.
                </p>
              </EmptyState>
            </Section>
          ) : (
            <div className={styles['waiting']}>
              {longestFirst(pending).map((approval) => (
                <Named key={approval.id} is={approval.id === named}>
                  <WaitingApproval approval={approval} own={isOwn(approval, me, keys)} />
                </Named>
              ))}
            </div>
          )
        }
      </Loaded>
      <Decided named={named} />
    </Page>
  );
}

function Decided({ named }: { named: string | undefined }) {
  const query = useInfiniteQuery({
    queryKey: ['listApprovals', 'decided'],
    queryFn: ({ pageParam }) =>
      call('listApprovals', { query: { limit: 50, ...(pageParam && { cursor: pageParam }) } }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
  return (
    <Loaded query={query} what="Decided approvals could not be read">
      {({ pages }) => {
        const decided = pages.flatMap(({ items }) => items).filter(({ state }) => state !== 'pending');
        if (decided.length === 0 && !query.hasNextPage) return null;
        return (
          <Section title="Decided">
            <ul className={styles['decided']}>
              {decided.map((approval) => (
                <li key={approval.id}>
                  <Named is={approval.id === named}>
                    <DecidedApproval approval={approval} open={approval.id === named} />
                  </Named>
                </li>
              ))}
            </ul>
            {named !== undefined && !pages.some(({ items }) => items.some(({ id }) => id === named)) && (
              <Older id={named} />
            )}
            {query.hasNextPage && (
              <Button
                className={styles['more']}
                busy={query.isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
              >
                Older approvals
              </Button>
            )}
          </Section>
        );
      }}
    </Loaded>
  );
}

/** The one that the address names, where it is too old to be among those shown. */
function Older({ id }: { id: string }) {
  const query = useQuery({
    queryKey: ['getApproval', id],
    queryFn: () => call('getApproval', { params: { id } }),
  });
  return (
    <Loaded query={query} what="The approval of this address could not be read">
      {(approval: Approval) =>
        approval.state !== 'pending' && (
          <Named is>
            <DecidedApproval approval={approval} open />
          </Named>
        )
      }
    </Loaded>
  );
}

/** Whoever comes by a link to one of them sees it at once. */
function Named({ is, children }: { is: boolean; children: React.ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (is) place.current?.scrollIntoView({ block: 'center' });
  }, [is]);
  return (
    <div ref={place} data-named={is || undefined} className={styles['named']}>
      {children}
    </div>
  );
}
