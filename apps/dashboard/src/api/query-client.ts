import { QueryClient } from '@tanstack/react-query';
import { Refused } from './problem.ts';

/** What a no does not become by asking again. */
const FINAL = new Set([400, 401, 403, 404, 409, 422]);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => !(error instanceof Refused && FINAL.has(error.status)) && count < 2,
      refetchOnWindowFocus: true,
    },
  },
});
