import operations from 'virtual:operations';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import type { Me, OperationId } from '#contract';
import { call, setCsrfToken } from '../api/call.ts';
import { Refused } from '../api/problem.ts';

/** Who is signed in; null for nobody. */
export const meQuery = queryOptions({
  queryKey: ['getMe'],
  staleTime: 60_000,
  queryFn: async ({ client }): Promise<Me | null> => {
    try {
      const me = await call('getMe');
      setCsrfToken(me.session?.csrfToken);
      return me;
    } catch (error) {
      const isNobody = error instanceof Refused && error.status === 401;
      // Whoever was here is asked to sign in again over the page, which stays as it is.
      if (isNobody && !client.getQueryData<Me | null>(['getMe'])) return null;
      throw error;
    }
  },
});

/** Below the shell there is always somebody. */
export function useMe(): Me {
  const { data } = useSuspenseQuery(meQuery);
  if (!data) throw new Error('Nobody is signed in.');
  return data;
}

/**
 * Whether the contract's table lets this person do it, so that nothing is offered which the api would refuse. What a
 * single object allows beyond that is said by the api.
 */
export function may(me: Me, id: OperationId): boolean {
  const { access, only } = operations[id];
  if (access === 'public' || access === 'local') return true;
  if (!access.includes(me.role)) return false;
  return only !== 'whole_installation' || (me.partners === 'all' && me.routes === 'all');
}

export function useMay(): (id: OperationId) => boolean {
  const me = useMe();
  return (id) => may(me, id);
}
