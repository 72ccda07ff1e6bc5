import { useEffect, useState } from 'react';
import { Refused } from '../../api/problem.ts';
import { useNow } from '../../ui/now.ts';

/** Seconds until it makes sense to ask again after `too_many_requests`; 0 otherwise. Counts down. */
export function useWait(error: unknown): number {
  const now = useNow();
  const [until, setUntil] = useState(0);
  useEffect(() => {
    const seconds =
      error instanceof Refused && error.code === 'too_many_requests' ? (error.retryAfterS ?? 0) : 0;
    setUntil(seconds === 0 ? 0 : Date.now() + seconds * 1_000);
  }, [error]);
  return until === 0 ? 0 : Math.max(0, Math.ceil((until - now.getTime()) / 1_000));
}
