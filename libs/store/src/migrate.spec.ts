import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { packageRoot } from '#config';
import { diffConfiguration, parseConfiguration } from '#contract';
import type { Endpoint, TransferRoute } from '#domain';
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

/** As a release left it that knew only the migrations before this one. */
async function migrateUntil(first: string): Promise<void> {
  const before = await mkdtemp(join(tmpdir(), 'waybill-migrations-'));
  try {
    const all = await readdir(join(packageRoot(), 'prisma/migrations'));
    for (const name of all.filter((each) => each < first))
      await cp(join(packageRoot(), 'prisma/migrations', name), join(before, name), { recursive: true });
    await cp(
      join(packageRoot(), 'prisma/migrations/migration_lock.toml'),
      join(before, 'migration_lock.toml'),
    );
    await migrate(url, { folder: before });
  } finally {
    await rm(before, { recursive: true });
  }
}

test('what was configured before legacy policies existed means the same afterwards: a plan finds nothing to change', async () => {
  await migrateUntil('20261121000004');
  await query(`
    INSERT INTO endpoint (name, protocol, mode, host, port, max_sessions, settings) VALUES
      ('acme', 'ftps', 'explicit', 'ftp.acme.example', 21, 4, '{"name": "acme", "protocol": "ftps", "mode": "explicit",
        "host": "ftp.acme.example", "port": 21, "username": "waybill", "password": {"env": "P"}, "maxSessions": 4,
        "tls": {"minVersion": "TLSv1.2", "ca": [], "pins": [], "sessionReuse": "required", "dataProtection": "private"},
        "passive": {"addressPolicy": "control_host"}, "encoding": "utf8"}'),
      ('inbox', 'local', NULL, NULL, NULL, 16, '{"name": "inbox", "protocol": "local", "root": "/srv", "maxSessions": 16}')`);
  await query(`
    INSERT INTO transfer_route (name, source_endpoint_id, destination_endpoint_id, definition)
    SELECT 'nightly', acme.id, inbox.id, '{"name": "nightly", "enabled": true, "lanes": 4, "priority": 5,
        "source": {"endpoint": "acme", "path": "/out", "select": ["*"], "exclude": [], "recursive": false, "settleMs": 5000},
        "destination": {"endpoint": "inbox", "path": "/in", "name": "{name}", "onExisting": "refuse"},
        "verify": {"minimum": "size"}, "afterDelivery": {"source": "keep"}, "onAmbiguous": "hold",
        "retry": {"maxAttempts": 5, "firstDelayMs": 30000, "factor": 2, "maxDelayMs": 900000, "jitter": 0.2}}'
      FROM endpoint acme, endpoint inbox WHERE acme.name = 'acme' AND inbox.name = 'inbox'`);
  await migrate(url);
  const stored = await query<{ endpoints: Endpoint[]; routes: TransferRoute[] }>(
    `SELECT (SELECT jsonb_agg(settings ORDER BY name) FROM endpoint) AS endpoints,
            (SELECT jsonb_agg(definition) FROM transfer_route) AS routes`,
  );
  const parsed = parseConfiguration(
    `apiVersion: waybill/v1
endpoints:
  - {name: acme, protocol: ftps, host: ftp.acme.example, username: waybill, password: {env: P}}
  - {name: inbox, protocol: local, root: /srv}
routes:
  - {name: nightly, source: {endpoint: acme, path: /out}, destination: {endpoint: inbox, path: /in}}
`,
    {
      fileName: 'before.yaml',
      readFile: () => undefined,
      validateCron: () => undefined,
      validateEncoding: () => undefined,
      allowedLegacyPolicies: [],
    },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  expect(diffConfiguration({ partners: [], ...stored[0]! }, parsed.configuration)).toEqual([]);
});

test('events on record are told what they concern, and can be changed by nobody afterwards', async () => {
  await migrateUntil('20261121000019');
  await query(`
    INSERT INTO endpoint (name, protocol, max_sessions, settings) VALUES ('inbox', 'local', 1, '{}'), ('vault', 'local', 1, '{}');
    INSERT INTO transfer_route (name, source_endpoint_id, destination_endpoint_id, definition)
    SELECT 'nightly', inbox.id, vault.id, '{}' FROM endpoint inbox, endpoint vault WHERE inbox.name = 'inbox' AND vault.name = 'vault';
    INSERT INTO schedule (route_id, definition) SELECT id, '{}' FROM transfer_route;
    INSERT INTO fire (schedule_id, due_at, outcome) SELECT id, now(), 'missed' FROM schedule;
    INSERT INTO run (route_id, trigger, requested_by, state) SELECT id, 'operator', 'spec', 'queued' FROM transfer_route;
    INSERT INTO incident (kind, object, object_id, endpoint, summary)
    SELECT 'login_refused', 'endpoint', id, name, 'For the spec.' FROM endpoint WHERE name = 'inbox';
    INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, run_id, details)
    SELECT 'system', 'spec', 'run.spec', 'run', id::text, id, '{}'::jsonb FROM run UNION ALL
    SELECT 'system', 'spec', 'fire.spec', 'fire', id::text, NULL, '{}' FROM fire UNION ALL
    SELECT 'system', 'spec', 'schedule.spec', 'schedule', id::text, NULL, '{}' FROM schedule UNION ALL
    SELECT 'system', 'spec', 'incident.spec', 'incident', id::text, NULL, '{}' FROM incident UNION ALL
    SELECT 'system', 'spec', 'fire.gone', 'fire', gen_random_uuid()::text, NULL, '{}' UNION ALL
    SELECT 'system', 'spec', 'fire.odd', 'fire', 'odd', NULL, '{}' UNION ALL
    SELECT 'system', 'spec', 'route.spec', 'route', 'nightly', NULL, '{}'`);
  await migrate(url);
  expect(
    await query(`
      SELECT event.action, coalesce(transfer_route.name, endpoint.name) AS concerns FROM audit_event event
        LEFT JOIN transfer_route ON transfer_route.id = event.concerns_id
        LEFT JOIN endpoint ON endpoint.id = event.concerns_id ORDER BY event.id`),
  ).toEqual([
    { action: 'run.spec', concerns: 'nightly' },
    { action: 'fire.spec', concerns: 'nightly' },
    { action: 'schedule.spec', concerns: 'nightly' },
    { action: 'incident.spec', concerns: 'inbox' },
    { action: 'fire.gone', concerns: null },
    { action: 'fire.odd', concerns: null },
    { action: 'route.spec', concerns: null },
  ]);
  // Not even by its owner, and not in a session that replays a backup.
  for (const sql of ['UPDATE audit_event SET concerns_id = NULL', 'DELETE FROM audit_event'])
    await expect(query(sql)).rejects.toMatchObject({ code: '42501' });
  expect(
    await query(`SELECT tgenabled::text AS enabled FROM pg_trigger WHERE tgname = 'audit_event_append_only'`),
  ).toEqual([{ enabled: 'A' }]);
});

test('files on record are told between which places they went, also where pg_trgm lies in a schema that nobody looks into', async () => {
  await migrateUntil('20261121000026');
  await query(`
    CREATE SCHEMA aside;
    CREATE EXTENSION pg_trgm SCHEMA aside;
    INSERT INTO endpoint (name, protocol, max_sessions, settings) VALUES ('inbox', 'local', 1, '{}'), ('vault', 'local', 1, '{}');
    INSERT INTO transfer_route (name, source_endpoint_id, destination_endpoint_id, definition)
    SELECT 'nightly', inbox.id, vault.id, '{}' FROM endpoint inbox, endpoint vault WHERE inbox.name = 'inbox' AND vault.name = 'vault';
    INSERT INTO run (route_id, trigger, requested_by) SELECT id, 'operator', 'spec' FROM transfer_route;
    INSERT INTO transfer (run_id, route_id, source_endpoint, source_path, source_size_bytes, source_modified, destination_endpoint, destination_path)
    SELECT id, route_id, source, '/out/' || n, 1, '', 'vault', '/in'
      FROM run, unnest(ARRAY['inbox', 'before']) AS source, generate_series(1, 3) AS n`);
  await migrate(url);
  const places =
    'SELECT source_endpoint AS source, destination_endpoint AS destination FROM transfer_place ORDER BY 1';
  expect(await query(places)).toEqual([
    { source: 'before', destination: 'vault' },
    { source: 'inbox', destination: 'vault' },
  ]);
  expect(await query(`SELECT to_regclass('transfer_by_name')::text AS index`)).toEqual([
    { index: 'transfer_by_name' },
  ]);
});

test('keys on record are told who stands behind them, and persons of a provider lose the password that was nobody’s', async () => {
  await migrateUntil('20261121000018');
  await query(`
    INSERT INTO api_key (id, name, role, digest, partners, routes, created_by) VALUES
      ('00000000-0000-4000-8000-000000000001', 'annas', 'admin', '1', '{*}', '{*}', 'anna'),
      ('00000000-0000-4000-8000-000000000002', 'of-annas', 'admin', '2', '{*}', '{*}', 'annas'),
      ('00000000-0000-4000-8000-000000000003', 'anna', 'admin', '3', '{*}', '{*}', 'start'),
      ('00000000-0000-4000-8000-000000000004', 'older', 'admin', '4', '{*}', '{*}', NULL);
    INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, details) VALUES
      ('user', 'anna', 'api_key.created', 'api_key', '00000000-0000-4000-8000-000000000001', '{}'),
      ('api_key', 'annas', 'api_key.created', 'api_key', '00000000-0000-4000-8000-000000000002', '{}'),
      ('system', 'start', 'api_key.created', 'api_key', '00000000-0000-4000-8000-000000000003', '{}'),
      ('user', 'mallory', 'api_key.revoked', 'api_key', '00000000-0000-4000-8000-000000000004', '{}');
    INSERT INTO user_account (id, name, role, partners, password_hash, password_one_time, password_expires_at, created_by) VALUES
      ('00000000-0000-4000-8000-00000000000a', 'bea', 'viewer', '{*}', '$argon2id$1', true, now(), 'oidc'),
      ('00000000-0000-4000-8000-00000000000b', 'cid', 'viewer', '{*}', '$argon2id$2', true, now(), 'start');
    INSERT INTO oidc_account (user_id, issuer, subject) VALUES ('00000000-0000-4000-8000-00000000000a', 'https://login.example', 'bea')`);
  await migrate(url);
  expect(
    await query(`SELECT name, person_behind('api_key', name) AS person FROM api_key ORDER BY name`),
  ).toEqual([
    { name: 'anna', person: 'system start' },
    { name: 'annas', person: 'user anna' },
    { name: 'of-annas', person: 'user anna' },
    { name: 'older', person: null },
  ]);
  expect(
    await query('SELECT name, password_hash, password_one_time FROM user_account ORDER BY name'),
  ).toEqual([
    { name: 'bea', password_hash: null, password_one_time: false },
    { name: 'cid', password_hash: '$argon2id$2', password_one_time: true },
  ]);
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
