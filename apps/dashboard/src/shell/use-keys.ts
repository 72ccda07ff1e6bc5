import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { showOverlay } from './overlays.ts';
import { readKey } from './read-key.ts';
import { singleKeysAreOn } from './single-keys.ts';

/** A second key is waited for so long. */
const LED_MS = 1_500;
const FIELDS = 'input, select, textarea, [contenteditable]';
const COVERS = '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]';

/** Keys that work on every page. */
export function useKeys(): void {
  const router = useRouter();
  useEffect(() => {
    let ledUntil = 0;
    const hear = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const { target, key, ctrlKey, metaKey, altKey } = event;
      const typing = target instanceof Element && target.matches(FIELDS);
      const covered = document.querySelector(COVERS) !== null;
      const single = singleKeysAreOn();
      const press = { key, ctrlKey, metaKey, altKey, typing, covered, single };
      const meaning = readKey(press, event.timeStamp < ledUntil);
      ledUntil = meaning?.kind === 'lead' ? event.timeStamp + LED_MS : 0;
      if (!meaning || meaning.kind === 'lead') return;
      event.preventDefault();
      if (meaning.kind === 'go') router.history.push(meaning.path);
      else showOverlay(meaning.kind);
    };
    window.addEventListener('keydown', hear);
    return () => window.removeEventListener('keydown', hear);
  }, [router]);
}
