import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { call } from '../api/call.ts';
import { useMay } from '../session/me.ts';
import { setWaitingCount } from '../ui/tab-title.ts';

const MOST = 100;
/** Approvals are asked for by people; no event tells of them. */
const APPROVALS_EVERY_MS = 30_000;

export interface Waiting {
  count: number;
  /** There are more than were counted. */
  more: boolean;
}

interface ShortPage {
  items: readonly unknown[];
  nextCursor: string | null;
}

const waitingOf = ({ items, nextCursor }: ShortPage): Waiting => ({
  count: items.length,
  more: nextCursor !== null,
});

/** What waits for a person, by the page where it is found; also in the title of the tab. */
export function useAttention(): Partial<Record<string, Waiting>> {
  const may = useMay();
  const { data: incidents } = useQuery({
    queryKey: ['listIncidents', { state: 'open', limit: MOST }, 'count'],
    queryFn: () => call('listIncidents', { query: { state: 'open', limit: MOST } }),
    select: waitingOf,
    enabled: may('listIncidents'),
  });
  const { data: approvals } = useQuery({
    queryKey: ['listApprovals', { state: 'pending', limit: MOST }, 'count'],
    queryFn: () => call('listApprovals', { query: { state: 'pending', limit: MOST } }),
    select: waitingOf,
    enabled: may('listApprovals'),
    refetchInterval: APPROVALS_EVERY_MS,
  });
  const count = (incidents?.count ?? 0) + (approvals?.count ?? 0);
  useEffect(() => setWaitingCount(count), [count]);
  return { ...(incidents && { '/incidents': incidents }), ...(approvals && { '/approvals': approvals }) };
}
