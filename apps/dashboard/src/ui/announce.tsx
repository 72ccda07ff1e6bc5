import { useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';

let said = '';
let times = 0;
const listeners = new Set<() => void>();

/** Reads something out, politely, that is seen in another way: an icon that became a tick. */
export function announce(text: string): void {
  times++;
  // The same words once more are news as well; a space that nobody hears makes them others.
  said = times % 2 === 0 ? text : `${text}\u00a0`;
  for (const listener of listeners) listener();
}

/** Around all pages, once, and beside what a dialog covers: many regions of the kind are as good as none. */
export function Announcer() {
  const text = useSyncExternalStore(subscribe, () => said);
  return createPortal(
    <p role="status" aria-live="polite" className="visually-hidden">
      {text}
    </p>,
    document.body,
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
