import { randomBytes } from 'node:crypto';
import { appendFile, copyFile, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startPartnerSim } from '#apps/partner-sim';
import { type CheckInput, checkDeliveries, FINDING_KINDS, type FindingKind } from '../checker/index.ts';
import { aLocalEndpoint, anFtpsEndpoint, aRoute } from '../support/builders.ts';
import { sha256Of } from '../support/file-set.ts';
import { type Product, startProduct } from '../support/product.ts';

// One real delivery of three routes; then each thing that can be wrong with it is planted by hand, alone, and the
// checker has to say exactly that.

const TABLES = ['run', 'transfer', 'attempt', 'audit_event', 'tls_negotiation', 'incident'];

let product: Product;
let admin: pg.Client;
let good: CheckInput;
let input: CheckInput;

beforeAll(async () => {
  const password = randomBytes(12).toString('hex');
  product = await startProduct({ schedulers: 0, secrets: { PARTNER_PASSWORD: password } });
  const disk = (path: string) => join(product.home, 'disks', path);
  for (const folder of ['partner/in', 'partner/drops', 'local/inbox'])
    await mkdir(disk(folder), { recursive: true });
  const sim = await startPartnerSim({ root: disk('partner'), username: 'waybill', password });
  const partner = anFtpsEndpoint({
    name: 'partner',
    host: 'localhost',
    port: sim.explicitPort,
    mode: 'explicit',
    username: 'waybill',
    tls: { ca: [sim.caPem] },
  });
  const place = (endpoint: string, path: string) => ({ endpoint, path });
  const [local, remote] = [aLocalEndpoint('local', disk('local')), partner];
  await product.apply(
    [local, remote],
    [
      aRoute('pull', place('partner', '/out'), place('local', '/inbox')),
      aRoute('push', place('local', '/outbox'), place('partner', '/in'), {
        afterDelivery: { source: 'archive', to: '/sent' },
      }),
      aRoute('drop', place('local', '/drops'), place('partner', '/drops'), {
        afterDelivery: { source: 'delete' },
      }),
    ],
  );
  const planted = {
    pull: [
      await plantOne(disk('partner/out'), '--help'),
      await plantOne(disk('partner/out'), 'empty.csv', 0),
    ],
    push: [
      await plantOne(disk('local/outbox'), '--help'),
      await plantOne(disk('local/outbox'), 'größe €.csv'),
    ],
    drop: [await plantOne(disk('local/drops'), 'one.csv')],
  };
  await writeFile(disk('local/inbox/theirs.csv'), 'not ours\n');
  const runs = [];
  for (const route of ['pull', 'push', 'drop', 'pull']) runs.push(await product.run(route));
  await Promise.all(product.workers.splice(0).map((worker) => worker.close()));
  await sim.close();
  const at = (root: string, path: string) => ({ root: disk(root), path });
  good = {
    databaseUrl: product.database.auditorUrl,
    runIds: runs.map(({ id }) => id),
    routes: [
      {
        name: 'pull',
        source: at('partner', '/out'),
        destination: at('local', '/inbox'),
        files: planted.pull,
        disposition: 'keep',
        existing: [{ name: 'theirs.csv', sha256: await sha256Of(disk('local/inbox/theirs.csv')) }],
      },
      {
        name: 'push',
        source: at('local', '/outbox'),
        destination: at('partner', '/in'),
        files: planted.push,
        disposition: { archive: '/sent' },
      },
      {
        name: 'drop',
        source: at('local', '/drops'),
        destination: at('partner', '/drops'),
        files: planted.drop,
        disposition: 'delete',
      },
    ],
  };
  await cp(join(product.home, 'disks'), join(product.home, 'good'), { recursive: true });
  admin = new pg.Client({ connectionString: product.database.superuserUrl });
  await admin.connect();
  await unguard();
});

afterAll(async () => {
  await admin.end();
  await product.close();
});

beforeEach(async () => {
  await rm(join(product.home, 'disks'), { recursive: true });
  await cp(join(product.home, 'good'), join(product.home, 'disks'), { recursive: true });
  for (const table of TABLES)
    await admin.query(`DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM good.${table}`);
  input = structuredClone(good);
});

async function plantOne(directory: string, name: string, sizeBytes = 1_000) {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), randomBytes(sizeBytes));
  return { name, sizeBytes, sha256: await sha256Of(join(directory, name)) };
}

/** The database itself refuses most of what is planted here: its guards go first. */
async function unguard(): Promise<void> {
  await admin.query('CREATE SCHEMA good; DROP INDEX transfer_ledger_key');
  const { rows } = await admin.query<{ name: string; table: string }>(
    `SELECT quote_ident(conname) AS name, conrelid::regclass::text AS table FROM pg_constraint
      WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace`,
  );
  for (const { name, table } of rows) await admin.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
  for (const table of TABLES)
    await admin.query(
      `ALTER TABLE ${table} DISABLE TRIGGER ALL; CREATE TABLE good.${table} AS SELECT * FROM ${table}`,
    );
}

const disk = (path: string) => join(product.home, 'disks', path);
const sql = (text: string) => admin.query(text);
const route = (name: string) => input.routes.find((one) => one.name === name)!;
/** The one transfer of the route `drop`, and of a small file of the others. */
const ONE = `(SELECT id FROM transfer WHERE source_path = '/drops/one.csv')`;
const PULLED = `(SELECT id FROM transfer WHERE source_path = '/out/--help' AND state <> 'suppressed')`;
const PULLED_AGAIN = `(SELECT id FROM transfer WHERE source_path = '/out/--help' AND state = 'suppressed')`;
const ATTEMPT = `(SELECT id FROM attempt WHERE transfer_id = ${ONE})`;
const event = (action: string, transfer = ONE) =>
  `(SELECT id FROM audit_event WHERE action = '${action}' AND transfer_id = ${transfer})`;
const copyOfEvent = (id: string, changes: string) => `
  INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, run_id, transfer_id, details)
  SELECT actor_kind, actor_name, action, object, object_id, run_id, transfer_id, details || '${changes}'::jsonb
    FROM audit_event WHERE id = ${id}`;
const swapEvents = (first: string, second: string) => `
  UPDATE audit_event one SET id = -two.id FROM audit_event two WHERE one.id <> two.id
     AND one.id IN (${event(first)}, ${event(second)}) AND two.id IN (${event(first)}, ${event(second)});
  UPDATE audit_event SET id = -id WHERE id < 0`;

const CASES: readonly [FindingKind, string, () => Promise<unknown>][] = [
  [
    'lost_file',
    'a file that nobody took',
    async () => {
      const files = [...route('pull').files, await plantOne(disk('partner/out'), 'forgotten.csv')];
      Object.assign(route('pull'), { files });
    },
  ],
  [
    'delivered_twice',
    'a second copy at the target',
    () => copyFile(disk('local/inbox/--help'), disk('local/inbox/--help-2')),
  ],
  [
    'delivered_twice',
    'two publishes of one version',
    () => sql(copyOfEvent(event('transfer.published'), '{}')),
  ],
  ['wrong_bytes', 'other bytes of the same size', () => flipByte(disk('local/inbox/--help'))],
  ['wrong_bytes', 'a longer file', () => appendFile(disk('partner/drops/one.csv'), 'x')],
  [
    'row_unlike_disk',
    'another SHA-256 in the row',
    () => sql(`UPDATE transfer SET sha256 = repeat('a', 64) WHERE id = ${ONE}`),
  ],
  [
    'row_unlike_disk',
    'another size in the row',
    () => sql(`UPDATE transfer SET size_bytes = size_bytes + 1 WHERE id = ${ONE}`),
  ],
  [
    'row_unlike_disk',
    'another SHA-256 in the attempt',
    () => sql(`UPDATE attempt SET sha256 = repeat('a', 64) WHERE id = ${ATTEMPT}`),
  ],
  ['delivered_without_file', 'a target that vanished', () => rm(disk('local/inbox/--help'))],
  [
    'file_without_delivery',
    'a file that no row knows',
    () => writeFile(disk('local/inbox/stranger.csv'), 'where from?'),
  ],
  ['source_gone_without_target', 'neither here nor there', () => rm(disk('partner/drops/one.csv'))],
  [
    'source_not_disposed',
    'a source that should be deleted',
    () => copyFile(disk('partner/drops/one.csv'), disk('local/drops/one.csv')),
  ],
  [
    'source_not_disposed',
    'a source that should be in the archive',
    () => rename(disk('local/sent/--help'), disk('local/outbox/--help')),
  ],
  ['source_touched', 'a source that should be kept', () => rm(disk('partner/out/--help'))],
  ['source_touched', 'an archive without the file', () => rm(disk('local/sent/--help'))],
  [
    'temporary_left',
    'an unfinished file at the destination',
    () => writeFile(disk('partner/drops/.waybill-0f0f-1.part'), 'half'),
  ],
  [
    'wrong_place',
    'another name than planned',
    async () => {
      await rename(disk('partner/drops/one.csv'), disk('partner/drops/uno.csv'));
      await sql(`UPDATE transfer SET destination_path = '/drops/uno.csv' WHERE id = ${ONE}`);
    },
  ],
  [
    'unknown_delivery',
    'a delivery of something nobody planted',
    async () => Object.assign(route('pull'), { files: route('pull').files.slice(1) }),
  ],
  [
    'foreign_file_touched',
    'a file of somebody else with other bytes',
    () => appendFile(disk('local/inbox/theirs.csv'), 'ours'),
  ],
  ['foreign_file_touched', 'a file of somebody else that is gone', () => rm(disk('local/inbox/theirs.csv'))],
  [
    'not_as_expected',
    'a delivery that had to fail',
    async () => Object.assign(route('drop').files[0]!, { expect: 'failed' }),
  ],
  [
    'attempt_open',
    'an attempt that never ended',
    () => sql(`UPDATE attempt SET outcome = 'running', finished_at = NULL WHERE id = ${ATTEMPT}`),
  ],
  [
    'attempt_without_events',
    'an attempt that nobody claimed',
    () => sql(`DELETE FROM audit_event WHERE id = ${event('transfer.claimed')}`),
  ],
  [
    'attempt_without_events',
    'an attempt whose end is in no event',
    () => sql(`DELETE FROM audit_event WHERE id = ${event('transfer.delivered')}`),
  ],
  [
    'attempt_without_events',
    'an abandoned attempt that nobody abandoned',
    () => sql(`UPDATE attempt SET outcome = 'abandoned', sha256 = NULL WHERE id = ${ATTEMPT}`),
  ],
  [
    'published_without_intent',
    'no intent at all',
    () => sql(`DELETE FROM audit_event WHERE id = ${event('transfer.publish_intended')}`),
  ],
  [
    'published_without_intent',
    'an intent that was written after the publish',
    () => sql(swapEvents('transfer.publish_intended', 'transfer.published')),
  ],
  [
    'published_without_intent',
    'a withdrawn intent',
    () =>
      sql(`UPDATE audit_event SET action = 'transfer.publish_withdrawn' WHERE id = ${event('transfer.verifying')};
           ${swapEvents('transfer.publish_intended', 'transfer.publish_withdrawn')}`),
  ],
  [
    'published_without_intent',
    'a file that was renamed before the intent, by the clock of the disk',
    () =>
      sql(
        `UPDATE audit_event SET at = at + interval '1 hour' WHERE id = ${event('transfer.publish_intended')}`,
      ),
  ],
  [
    'disposed_before_delivered',
    'a source that was deleted first',
    () => sql(swapEvents('transfer.published', 'transfer.disposed')),
  ],
  [
    'delivery_not_in_audit',
    'a delivered row without a publish',
    () => sql(`DELETE FROM audit_event WHERE id = ${event('transfer.published', PULLED)}`),
  ],
  [
    'fence_backwards',
    'a row with a lower fence than its attempt',
    () => sql(`UPDATE transfer SET fence = 0 WHERE id = ${ONE}`),
  ],
  [
    'fence_backwards',
    'a second claim with the same fence',
    () =>
      sql(`INSERT INTO attempt (transfer_id, number, fence, worker, outcome, finished_at)
                VALUES (${ONE}, 2, 1, 'zombie', 'abandoned', now());
           UPDATE transfer SET fence = 2 WHERE id = ${ONE};
           INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, transfer_id, details)
           SELECT 'worker', 'zombie', unnest(ARRAY['transfer.claimed', 'attempt.abandoned']), 'attempt', id::text,
                  transfer_id, '{"fence": 1}' FROM attempt WHERE number = 2`),
  ],
  [
    'fence_backwards',
    'a worker that wakes and writes by an older claim',
    () => sql(copyOfEvent(event('transfer.streaming'), '{"fence": 0}')),
  ],
  [
    'below_minimum',
    'less proof than the route asks for',
    () => sql(`UPDATE transfer SET assurance = 'none' WHERE id = ${ONE}`),
  ],
  [
    'negotiations_missing',
    'a data connection without its handshake',
    () => sql(`DELETE FROM tls_negotiation WHERE channel = 'data' AND attempt_id = ${ATTEMPT}`),
  ],
  [
    'negotiations_missing',
    'a session without its handshake',
    () =>
      sql(`DELETE FROM tls_negotiation WHERE channel = 'control' AND session_id =
             (SELECT destination_session_id FROM attempt WHERE id = ${ATTEMPT})`),
  ],
  [
    'held_without_incident',
    'a held file that nobody is told of',
    async () => {
      await sql(`UPDATE transfer SET state = 'held' WHERE id = ${PULLED};
                 UPDATE run SET state = 'held' WHERE id = (SELECT run_id FROM transfer WHERE id = ${PULLED});
                 UPDATE audit_event SET action = 'run.held' WHERE action = 'run.delivered'
                    AND run_id = (SELECT run_id FROM transfer WHERE id = ${PULLED})`);
      Object.assign(route('pull').files.find(({ name }) => name === '--help')!, { expect: 'held' });
    },
  ],
  [
    'suppression_wrong',
    'a suppression that names another file',
    () => sql(`UPDATE transfer SET suppressed_by_id = ${ONE} WHERE id = ${PULLED_AGAIN}`),
  ],
  [
    'run_lost',
    'a run that was promised and is not there',
    async () => Object.assign(input, { runIds: ['00000000-0000-4000-8000-000000000000'] }),
  ],
  [
    'run_open',
    'a run that is still at work',
    () => sql(`UPDATE run SET state = 'running' WHERE id = (SELECT run_id FROM transfer WHERE id = ${ONE})`),
  ],
  [
    'run_finished_unsettled',
    'a finished run with a file that waits',
    () => sql(`UPDATE transfer SET state = 'planned', suppressed_by_id = NULL WHERE id = ${PULLED_AGAIN}`),
  ],
  [
    'run_state_wrong',
    'a delivered run with a failed file',
    () => sql(`UPDATE transfer SET state = 'failed', suppressed_by_id = NULL WHERE id = ${PULLED_AGAIN}`),
  ],
  [
    'run_without_event',
    'a finished run that no event says finished',
    () =>
      sql(`DELETE FROM audit_event WHERE action = 'run.delivered'
              AND run_id = (SELECT run_id FROM transfer WHERE id = ${ONE})`),
  ],
];

async function flipByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[0]! ^= 1;
  await writeFile(path, bytes);
}

it('finds nothing wrong with a good delivery', async () => {
  expect(await checkDeliveries(input)).toEqual([]);
});

it.each(CASES)('says %s, and nothing else, of %s', async (kind, _what, tamper) => {
  await tamper();
  const findings = await checkDeliveries(input);
  expect(findings.map((finding) => finding.kind)).toEqual([kind]);
});

it('has a tampered case for each kind of finding', () => {
  expect(new Set(CASES.map(([kind]) => kind))).toEqual(new Set(FINDING_KINDS));
});
