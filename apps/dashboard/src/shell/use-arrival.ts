import { useRouter } from '@tanstack/react-router';
import { type RefObject, useEffect } from 'react';

/** After a way to another page the focus is at its heading: read out, and the next Tab goes on from there. */
export function useArrival(main: RefObject<HTMLElement | null>): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
        // Other filters, or the first page at all, move nothing.
        if (!fromLocation || !pathChanged) return;
        const heading = main.current?.querySelector<HTMLElement>('h1') ?? main.current;
        heading?.focus({ preventScroll: true });
      }),
    [router, main],
  );
}
