import { expect, it } from 'vitest';
import { folderOf, nameOf } from './path-parts.ts';

it.each([
  ['/out/day/a.csv', '/out/day/', 'a.csv'],
  ['/a.csv', '/', 'a.csv'],
  ['a.csv', '', 'a.csv'],
  ['/out/day/', '/out/', 'day/'],
  ['', '', ''],
])('of %s the folder is %s and the name %s', (path, folder, name) => {
  expect([folderOf(path), nameOf(path)]).toEqual([folder, name]);
});
