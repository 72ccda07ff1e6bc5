import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { CallOf } from '#contract';
import { call } from '../../api/call.ts';
import { useListFilters } from '../../filters/use-list-filters.ts';
import { useMay } from '../../session/me.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { EmptyState, Page, Section } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import styles from './audit.module.css';
import { AuditEvents } from './audit-events.tsx';
import { AuditFilters } from './audit-filters.tsx';
import { AUDIT_RULES } from './audit-rules.ts';
import { ExportDialog } from './export-dialog.tsx';

type Query = NonNullable<NonNullable<CallOf<'listAuditEvents'>>['query']>;
const PAGE = 100;

/** Who did what, on which object, when. Sealing and its checkpoints will stand above the list. */
export function AuditPage() {
  const may = useMay();
  if (!may('listAuditEvents'))
    return (
      <Page title="Audit">
        <EmptyState title="The audit is for auditors and admins." />
      </Page>
    );
  return <Audit />;
}

function Audit() {
  const may = useMay();
  const filters = useListFilters(AUDIT_RULES);
  const [exporting, setExporting] = useState(false);
  // Read from the address by rules that let through what the contract takes.
  const asked = filters.filters as Query;
  const query = useInfiniteQuery({
    queryKey: ['listAuditEvents', asked],
    queryFn: ({ pageParam }) =>
      call('listAuditEvents', { query: { ...asked, limit: PAGE, ...(pageParam && { cursor: pageParam }) } }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
    // Events never change; newer ones are asked for by hand, so that nothing moves under who reads.
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isNarrowed = Object.keys(filters.filters).length > 0;
  return (
    <Page
      title="Audit"
      actions={
        <>
          <Button busy={query.isRefetching} onClick={() => void query.refetch()}>
            <Icon name="again" /> Newest
          </Button>
          {may('exportAuditEvents') && (
            <Button onClick={() => setExporting(true)}>
              <Icon name="export" /> Export
            </Button>
          )}
        </>
      }
    >
      <AuditFilters list={filters} />
      <Section title="Events">
        <Loaded query={query} what="The events could not be read" skeleton={<Skeleton height="30rem" />}>
          {({ pages }) => {
            const events = pages.flatMap(({ items }) => items);
            if (events.length === 0)
              return isNarrowed ? (
                <EmptyState title="Nothing is recorded that matches.">
                  <Button onClick={filters.clear}>Show all events</Button>
                </EmptyState>
              ) : (
                <EmptyState title="Nothing is recorded yet." />
              );
            return (
              <>
                <AuditEvents events={events} onNarrow={filters.change} />
                {query.hasNextPage ? (
                  <Button
                    className={styles['more']}
                    busy={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                  >
                    Older events
                  </Button>
                ) : (
                  <p className={styles['muted']}>Nothing was recorded before.</p>
                )}
              </>
            );
          }}
        </Loaded>
      </Section>
      {exporting && <ExportDialog onClose={() => setExporting(false)} />}
    </Page>
  );
}
