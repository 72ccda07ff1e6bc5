import { expect, it } from 'vitest';
import { refusalText } from './refusals.ts';

it('has a sentence for what the api sends the browser back with', () => {
  expect(refusalText('groups')).toContain('none of your groups');
  expect(refusalText(undefined)).toBeUndefined();
});

it('repeats nothing that an address says', () => {
  expect(refusalText('<b>call 555-1234</b>')).toBe(refusalText('another'));
  expect(refusalText('constructor')).toBe(refusalText('another'));
});
