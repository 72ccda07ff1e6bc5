import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { packageRoot } from '#config';
import { schemaDifference } from '../scripts/schema-difference.ts';
import { type EmptyDatabases, startEmptyDatabases } from '../testing/empty-databases.ts';
import { ChangedMigration, migrate } from './migrate.ts';

let databases: EmptyDatabases;
let url: string;
let folder: string;

beforeAll(async () => {
  databases = await startEmptyDatabases();
});
afterAll(() => databases.stop());
beforeEach(async () => {
  url = await databases.create();
});

async function query<T extends object>(sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

test('the migrations make what schema.prisma says', async () => {
  await migrate(url);
  expect(await schemaDifference(url)).toBe('');
  await query('ALTER TABLE run ADD COLUMN forgotten text');
  expect(await schemaDifference(url)).toContain('DROP COLUMN "forgotten"');
});

test('applies each migration once, and notes them as prisma migrate does', async () => {
  const applied = await migrate(url);
  expect(applied[0]).toBe('20261121000000_first');
  expect(await migrate(url)).toEqual([]);
  const notes = await query<{ migration_name: string; applied_steps_count: number; checksum: string }>(
    'SELECT * FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY migration_name',
  );
  expect(notes.map((note) => note.migration_name)).toEqual(applied);
  expect(notes.every((note) => note.applied_steps_count === 1 && /^[0-9a-f]{64}$/.test(note.checksum))).toBe(
    true,
  );
});

test('eight at once: one applies, the others find nothing to do', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => migrate(url)));
  expect(answers.filter((applied) => applied.length > 0)).toHaveLength(1);
});

describe('in a folder of migrations', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waybill-migrations-'));
    await cp(join(packageRoot(), 'prisma/migrations'), folder, { recursive: true });
    return () => rm(folder, { recursive: true });
  });

  async function write(name: string, sql: string): Promise<void> {
    await cp(join(folder, '20261121000000_first'), join(folder, name), { recursive: true });
    await writeFile(join(folder, name, 'migration.sql'), sql);
  }

  test('a migration changed after it was applied is refused by name, and nothing is applied', async () => {
    await write('20991231000000_next', 'CREATE TABLE next ()');
    await migrate(url, { folder });
    await write('20991231000000_next', 'CREATE TABLE next (id int)');
    await write('20991231000001_later', 'CREATE TABLE later ()');
    await expect(migrate(url, { folder })).rejects.toThrow(ChangedMigration);
    await expect(migrate(url, { folder })).rejects.toThrow('20991231000000_next');
    expect(await query("SELECT to_regclass('later') AS later")).toEqual([{ later: null }]);
  });

  test('a migration that fails half-way leaves nothing behind, and is tried again', async () => {
    await write('20991231000000_bad', 'CREATE TABLE half (); SELECT 1/0;');
    await expect(migrate(url, { folder })).rejects.toThrow('20991231000000_bad failed: division by zero');
    expect(await query("SELECT to_regclass('half') AS half")).toEqual([{ half: null }]);
    await write('20991231000000_bad', 'CREATE TABLE half ()');
    expect(await migrate(url, { folder })).toEqual(['20991231000000_bad']);
  });

  test('a database that a newer Waybill has migrated is refused', async () => {
    await write('20991231000000_next', 'CREATE TABLE next ()');
    await migrate(url, { folder });
    await expect(migrate(url)).rejects.toThrow(/20991231000000_next.*newer/);
  });
});
