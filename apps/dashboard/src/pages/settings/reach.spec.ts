import { expect, it } from 'vitest';
import { reachText, sameReach, toggleName } from './reach.ts';

it('says in words how far somebody reaches', () => {
  expect(reachText('all', 'partner')).toBe('all partners');
  expect(reachText(['acme'], 'partner')).toBe('partner acme');
  expect(reachText(['acme', 'beta'], 'route')).toBe('routes acme, beta');
  expect(reachText([], 'route')).toBe('no route');
});

it('knows the same reach in another order, and that all is not the names there are today', () => {
  expect(sameReach(['a', 'b'], ['b', 'a'])).toBe(true);
  expect(sameReach(['a'], ['a', 'b'])).toBe(false);
  expect(sameReach('all', ['a'])).toBe(false);
  expect(sameReach('all', 'all')).toBe(true);
});

it('takes a name in, and out again', () => {
  expect(toggleName(['b'], 'a')).toEqual(['a', 'b']);
  expect(toggleName(['a', 'b'], 'a')).toEqual(['b']);
});
