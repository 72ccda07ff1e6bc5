import { describe, expect, it } from 'vitest';
import { visibleJson, visibleText } from './visible-text.ts';

describe('text of strangers', () => {
  it.each([
    ['/out/Übersicht 1.csv', '/out/Übersicht 1.csv'],
    ['C:\\out\\unit', 'C:\\out\\unit'],
    ['😀 漢字', '😀 漢字'],
    ['a\u001b[2Jb\rc', 'a\\u{1b}[2Jb\\u{d}c'],
    ['gpj\u202efdp.exe', 'gpj\\u{202e}fdp.exe'],
    ['a\u200bb\u00ad\ufeff\u2028', 'a\\u{200b}b\\u{ad}\\u{feff}\\u{2028}'],
    ['tag \u{e0041}', 'tag \\u{e0041}'],
    ['half \ud83d', 'half \\u{d83d}'],
    ['a\\u{202e}', 'a\\u{5c}u{202e}'],
  ])('%j is shown as %j', (text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });

  it('says the same in JSON, and all of it can be seen there', () => {
    const value = {
      name: 'a\u001b\u009b31m\u202e\u2028\u{e0041}\ud83d "\\u{202e}" Ü 😀\n',
      list: [1, null, { '\u200b': true }],
    };
    const shown = visibleJson(value);
    expect(JSON.parse(shown)).toEqual(value);
    expect(visibleText(shown.replaceAll('\\u{', ''))).toBe(shown.replaceAll('\\u{', ''));
    expect(shown).toContain('\\u009b31m\\u202e\\u2028\\udb40\\udc41\\ud83d');
    expect(shown).toContain('Ü 😀');
  });
});
