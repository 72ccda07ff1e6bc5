import { QueryClient } from '@tanstack/react-query';
import { Refused } from './problem.ts';

const MOST_RETRIES = 2;

/** A no does not become a yes by asking again; a server that is away may be back. */
function askAgain(failures: number, error: Error): boolean {
  const isNo = error instanceof Refused && error.status < 500;
  return !isNo && failures < MOST_RETRIES;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: askAgain,
      refetchOnWindowFocus: true,
    },
  },
});
