import { queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.ts';

/** Which ways to sign in there are; told to anybody. */
export const signInWaysQuery = queryOptions({
  queryKey: ['getSignInWays'],
  staleTime: 60_000,
  queryFn: () => call('getSignInWays'),
});
