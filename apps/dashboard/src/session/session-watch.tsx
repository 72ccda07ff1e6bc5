import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Me } from '#contract';
import { meQuery } from './me.ts';
import { onOtherTabs, tellOtherTabs } from './other-tabs.ts';
import { leaveThePage } from './sign-out.ts';

/** Keeps this tab with the others: one signs in or out, all follow. */
export function SessionWatch() {
  const client = useQueryClient();
  const { data: me } = useQuery({ ...meQuery, enabled: false });
  const [sessionId, name] = [me?.session?.id, me?.name];

  useEffect(() => {
    if (sessionId !== undefined && name !== undefined) tellOtherTabs({ kind: 'signed_in', name });
  }, [sessionId, name]);

  useEffect(
    () =>
      onOtherTabs((word) => {
        const known = client.getQueryData<Me | null>(meQuery.queryKey);
        if (word.kind === 'signed_out') {
          leaveThePage();
        } else if (known && known.name !== word.name) {
          // What is in this page was read by somebody else.
          window.location.reload();
        } else {
          void client.invalidateQueries({ queryKey: meQuery.queryKey, refetchType: 'all' });
        }
      }),
    [client],
  );

  // By the back button a browser may bring a page back as it was left, whoever was signed in then.
  useEffect(() => {
    const show = ({ persisted }: PageTransitionEvent) => persisted && window.location.reload();
    window.addEventListener('pageshow', show);
    return () => window.removeEventListener('pageshow', show);
  }, []);
  return null;
}
