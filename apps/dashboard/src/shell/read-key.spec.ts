import { describe, expect, it } from 'vitest';
import { PAGES } from '../pages.ts';
import { type KeyPress, readKey } from './read-key.ts';

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  typing: false,
  covered: false,
  single: true,
  ...more,
});

describe('keys that work on every page', () => {
  it('open the palette, also out of a field', () => {
    for (const opening of [
      press('k', { ctrlKey: true }),
      press('K', { metaKey: true, typing: true }),
      press('/'),
    ])
      expect(readKey(opening, false)).toEqual({ kind: 'palette' });
  });

  it('are letters in a field', () => {
    for (const key of ['/', '?', 'g', 'r'])
      expect(readKey(press(key, { typing: true }), true)).toBeUndefined();
  });

  it("are the browser's with Ctrl or Alt", () => {
    for (const key of ['g', 'r', '/', 'l'])
      expect(readKey(press(key, { ctrlKey: true }), true)).toBeUndefined();
    expect(readKey(press('k', { ctrlKey: true, altKey: true }), false)).toBeUndefined();
  });

  it('lead to a page after g', () => {
    expect(readKey(press('g'), false)).toEqual({ kind: 'lead' });
    expect(readKey(press('r'), true)).toEqual({ kind: 'go', path: '/runs' });
    expect(readKey(press('r'), false)).toBeUndefined();
    expect(readKey(press('z'), true)).toBeUndefined();
  });

  it('belong to what is open over the page', () => {
    expect(readKey(press('k', { ctrlKey: true, covered: true }), false)).toBeUndefined();
  });

  it('mean nothing without Ctrl for whoever has switched them off', () => {
    for (const key of ['g', '/', '?', 'r'])
      expect(readKey(press(key, { single: false }), true)).toBeUndefined();
    expect(readKey(press('k', { ctrlKey: true, single: false }), false)).toEqual({ kind: 'palette' });
  });

  it('are another for each page', () => {
    expect(new Set(PAGES.map(({ key }) => key)).size).toBe(PAGES.length);
  });
});
