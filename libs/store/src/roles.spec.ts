import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { openStore, UnsafeRole } from './index.ts';

let database: TestDatabase;
let app: pg.Client;
let auditor: pg.Client;

beforeAll(async () => {
  database = await startTestDatabase();
  app = new pg.Client({ connectionString: database.appUrl });
  auditor = new pg.Client({ connectionString: database.auditorUrl });
  await Promise.all([app.connect(), auditor.connect()]);
});
afterAll(async () => {
  await Promise.all([app.end(), auditor.end()]);
  await database.stop();
});

const REFUSED = { code: '42501' };
const EVENT = "'system', 'x', 'x.y', 'process', '1', '{}'";

describe('the app role', () => {
  test.each([
    'UPDATE audit_event SET action = action',
    'DELETE FROM audit_event',
    'TRUNCATE audit_event',
    `INSERT INTO audit_event (at, actor_kind, actor_name, action, object, object_id, details) VALUES ('2000-01-01', ${EVENT})`,
    `INSERT INTO audit_event (id, actor_kind, actor_name, action, object, object_id, details) VALUES (1, ${EVENT})`,
    `INSERT INTO audit_event (concerns_id, actor_kind, actor_name, action, object, object_id, details) VALUES (gen_random_uuid(), ${EVENT})`,
    'UPDATE tls_negotiation SET cipher = cipher',
    'DELETE FROM tls_negotiation',
    'DELETE FROM run',
    'DELETE FROM transfer',
    'DELETE FROM attempt',
    'DELETE FROM fire',
    "UPDATE fire SET outcome = 'missed'",
    'ALTER TABLE audit_event DISABLE TRIGGER ALL',
    'DROP TABLE audit_event',
    'CREATE TABLE public.mine ()',
    'UPDATE _prisma_migrations SET checksum = checksum',
    'SET session_replication_role = replica',
  ])('may not %s', async (sql) => {
    await expect(app.query(sql)).rejects.toMatchObject(REFUSED);
  });

  test('may append events and make the schema of its queue', async () => {
    await app.query(
      `INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, details) VALUES (${EVENT})`,
    );
    await app.query('CREATE SCHEMA queue_of_spec');
    await app.query('DROP SCHEMA queue_of_spec');
  });
});

describe('the auditor role', () => {
  test.each([
    'run',
    'transfer',
    'transfer_progress',
    'attempt',
    'fire',
    'tls_negotiation',
    'audit_event',
    '_prisma_migrations',
  ])('reads %s and changes nothing', async (table) => {
    await auditor.query(`SELECT * FROM ${table}`);
    for (const sql of [`DELETE FROM ${table}`, `TRUNCATE ${table}`, `INSERT INTO ${table} DEFAULT VALUES`])
      await expect(auditor.query(sql)).rejects.toMatchObject(REFUSED);
  });

  test('sees who has keys, but neither digests nor secrets', async () => {
    await auditor.query('SELECT name, role, revoked_at FROM api_key');
    await expect(auditor.query('SELECT digest FROM api_key')).rejects.toMatchObject(REFUSED);
    await expect(auditor.query('SELECT * FROM secret')).rejects.toMatchObject(REFUSED);
  });

  test('sees how call-backs went, but not their addresses, in which others keep keys', async () => {
    const { fields } = await auditor.query(
      `SELECT run_id, secret, public_only, state, message_id, attempts, not_before, lease_owner, lease_until, last_status,
              last_error, created_at, finished_at FROM run_callback`,
    );
    for (const sql of [
      'SELECT url FROM run_callback',
      'SELECT * FROM run_callback',
      "SELECT run_id FROM run_callback WHERE url LIKE 'https://%'",
      'SELECT callback_receiver(url) FROM run_callback',
    ])
      await expect(auditor.query(sql), sql).rejects.toMatchObject(REFUSED);
    // All but the address: a new column is decided about too.
    const { rows } = await app.query<{ name: string }>(
      "SELECT attname AS name FROM pg_attribute WHERE attrelid = 'run_callback'::regclass AND attnum > 0 AND NOT attisdropped",
    );
    const seen = fields.map(({ name }) => name);
    expect(rows.map(({ name }) => name).filter((name) => !seen.includes(name))).toEqual(['url']);
  });
});

describe('the store does not open', () => {
  test.each(['superuserUrl', 'ownerUrl'] as const)('for the %s', async (which) => {
    await expect(openStore({ url: database[which] })).rejects.toThrow(UnsafeRole);
  });

  test.each([
    ['a member of the owner', 'GRANT waybill_owner TO rogue', /owns the audit table/],
    ['a role that may delete events', 'GRANT DELETE ON audit_event TO rogue', /change or delete/],
    ['a role that may truncate events', 'GRANT TRUNCATE ON audit_event TO rogue', /change or delete/],
    [
      'a role that may change one column',
      'GRANT UPDATE (details) ON audit_event TO rogue',
      /change or delete/,
    ],
  ])('for %s', async (_, grant, complaint) => {
    const admin = new pg.Client({ connectionString: database.superuserUrl });
    await admin.connect();
    try {
      await admin.query("CREATE ROLE rogue LOGIN PASSWORD 'rogue-of-spec'");
      await admin.query(grant);
      const url = new URL(database.appUrl);
      url.username = 'rogue';
      url.password = 'rogue-of-spec';
      await expect(openStore({ url: url.href })).rejects.toThrow(complaint);
    } finally {
      await admin.query('DROP OWNED BY rogue');
      await admin.query('DROP ROLE rogue');
      await admin.end();
    }
  });
});
