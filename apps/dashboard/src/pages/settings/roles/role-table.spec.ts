import { expect, it } from 'vitest';
import { fullPath, listOperations } from '#contract';
import { roleTable, wordsOf } from './role-table.ts';

const TABLE = Object.fromEntries(
  listOperations().map(({ id, operation: { method, access, only, ...operation } }) => [
    id,
    { method, access, path: fullPath({ method, access, ...operation }), ...(only && { only }) },
  ]),
);

it('tells of every operation that is not for anybody, once', () => {
  const told = roleTable(TABLE).flatMap(({ rows }) => rows.map(({ id }) => id));
  const closed = Object.entries(TABLE).filter(([, { access }]) => access !== 'public');
  expect(told.toSorted()).toEqual(closed.map(([id]) => id).toSorted());
});

it('has a heading of its own for everything', () => {
  const titles = roleTable(TABLE).map(({ title }) => title);
  expect(titles.filter((title) => !/^[A-Z]/.test(title))).toEqual([]);
  expect(titles.length).toBeLessThanOrEqual(9);
});

it('says who may', () => {
  const rows = roleTable(TABLE).flatMap(({ rows: each }) => each);
  const row = (id: string) => rows.find((each) => each.id === id)!;
  expect([...row('triggerRun').roles].toSorted()).toEqual(['admin', 'operator']);
  expect(row('triggerRun').changes).toBe(true);
  expect(row('createUser').besides).toContain('all partners');
});

it('reads the name of an operation as words', () => {
  expect(wordsOf('listTlsNegotiations')).toBe('List TLS negotiations');
  expect(wordsOf('getMe')).toBe('Get me');
});
