import { describe, expect, it } from 'vitest';
import { splitVisible, visibleText } from './visible-text.ts';

describe('text from outside', () => {
  it('shows what would turn its neighbours around', () => {
    expect(visibleText('invoice\u202Efdp.exe')).toBe('invoice\\u{202E}fdp.exe');
  });

  it('shows controls, line ends, zero-width characters, odd spaces and lone surrogates', () => {
    expect(visibleText('a\u0000b\nc\u200Bd\u00A0e\u2028f\uD800g')).toBe(
      'a\\u{0}b\\u{A}c\\u{200B}d\\u{A0}e\\u{2028}f\\u{D800}g',
    );
  });

  it('leaves letters, digits, spaces and other scripts as they are', () => {
    const text = 'Überweisung 日本語 مرحبا 😀 <img src=x onerror=alert(1)>.csv';
    expect(visibleText(text)).toBe(text);
  });

  it('says which parts stand for something that cannot be seen', () => {
    expect(splitVisible('a\u202Eb')).toEqual([
      { at: 0, text: 'a', hidden: false },
      { at: 1, text: '\\u{202E}', hidden: true },
      { at: 2, text: 'b', hidden: false },
    ]);
    expect(splitVisible('')).toEqual([]);
  });
});
