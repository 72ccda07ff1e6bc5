import { PAGES } from '../pages.ts';

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  /** In a field, where letters are text. */
  typing: boolean;
  /** Something is open over the page, which has keys of its own. */
  covered: boolean;
  /** Keys without Ctrl are taken at all. */
  single: boolean;
}

export type KeyMeaning =
  | { kind: 'palette' }
  | { kind: 'keys' }
  | { kind: 'lead' }
  | { kind: 'go'; path: string };

/** What a key means wherever the focus is; `led` after a `g`. */
export function readKey(press: KeyPress, led: boolean): KeyMeaning | undefined {
  const { key, ctrlKey, metaKey, altKey, typing, covered, single } = press;
  if (covered) return undefined;
  if ((ctrlKey || metaKey) && !altKey && key.toLowerCase() === 'k') return { kind: 'palette' };
  if (!single || typing || ctrlKey || metaKey || altKey) return undefined;
  if (key === '/') return { kind: 'palette' };
  if (key === '?') return { kind: 'keys' };
  if (!led) return key === 'g' ? { kind: 'lead' } : undefined;
  const page = PAGES.find((entry) => entry.key === key);
  return page && { kind: 'go', path: page.path };
}
