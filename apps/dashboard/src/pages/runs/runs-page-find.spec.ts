import { expect, it } from 'vitest';
import { findNamed } from './runs-page-find.ts';

const names = { routes: ['acme-in', 'borealis-acme', 'Cargo'], partners: ['acme', 'cargo'] };

it.each([
  ['', []],
  [' ACME ', ['route acme-in', 'partner acme', 'route borealis-acme']],
  ['cargo', ['route Cargo', 'partner cargo']],
  ['zzz', []],
])('%j finds %j', (text, found) => {
  expect(findNamed(text, names).map(({ by, name }) => `${by} ${name}`)).toEqual(found);
});

it('finds nothing before anything is known', () => {
  expect(findNamed('a', { routes: undefined, partners: undefined })).toEqual([]);
});
