import { useSyncExternalStore } from 'react';

/** What is open over the page at a key: one at a time. */
export type Overlay = 'palette' | 'keys';

let open: Overlay | undefined;
const listeners = new Set<() => void>();

export function showOverlay(next: Overlay | undefined): void {
  open = next;
  for (const listener of listeners) listener();
}

export function useOverlay(): Overlay | undefined {
  return useSyncExternalStore(subscribe, () => open);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
