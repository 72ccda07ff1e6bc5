import { expect, test } from 'vitest';
import { startTestDatabase } from '#store/testing';
import { openStore } from './open-store.ts';
import { statementNames } from './statement-names.ts';

test('what comes often gets a name of its own, and keeps it', () => {
  const nameOf = statementNames();
  const ask = (sql: string) => Array.from({ length: 30 }, () => nameOf({ sql }));
  expect(ask('SELECT 1')).toEqual([...Array(19).fill(''), ...Array(11).fill('waybill_1')]);
  expect(ask('SELECT 2').at(-1)).toBe('waybill_2');
  expect(nameOf({ sql: 'SELECT 1' })).toBe('waybill_1');
});

test('there are never more names than a connection should keep plans for', () => {
  const nameOf = statementNames();
  const names = new Set<string>();
  for (let text = 0; text < 5_000; text++)
    for (let times = 0; times < 25; times++) names.add(nameOf({ sql: `SELECT ${text}` }));
  expect(names.size).toBe(61);
});

test('a named statement answers as an unnamed one does', async () => {
  await using stack = new AsyncDisposableStack();
  const database = await startTestDatabase();
  stack.defer(() => database.stop());
  const store = await openStore({ url: database.appUrl, poolSize: 1 });
  stack.defer(() => store.close());
  for (let number = 0; number < 40; number++) {
    const name = `partner-${number}`;
    await store.db.partner.create({ data: { name } });
    const rows = await store.db.$queryRaw<{ name: string }[]>`SELECT name FROM partner WHERE name = ${name}`;
    expect(rows).toEqual([{ name }]);
  }
  const [{ kept } = { kept: 0 }] = await store.db.$queryRaw<{ kept: number }[]>`
    SELECT count(*)::int AS kept FROM pg_prepared_statements WHERE name LIKE 'waybill_%'`;
  expect(kept).toBeGreaterThan(0);
});
