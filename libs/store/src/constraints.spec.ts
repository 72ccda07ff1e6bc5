import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Actor,
  ASSURANCE_LEVELS,
  ATTEMPT_OUTCOMES,
  AUDIT_OBJECTS,
  type CheckResult,
  type CloseNotify,
  FIRE_OUTCOMES,
  INCIDENT_KINDS,
  INCIDENT_STATES,
  LEASED_TRANSFER_STATES,
  LEGACY_POLICIES,
  PHASES,
  type Protocol,
  ROLES,
  RUN_STATES,
  RUN_TRIGGERS,
  SETTLED_TRANSFER_STATES,
  type TlsChannel,
  type TlsNegotiation,
  TRANSFER_STATES,
} from '#domain';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import {
  applySample,
  aRoute,
  DELIVERED,
  insertRun,
  insertTransfer,
  negotiationColumns,
} from '../testing/sample-rows.ts';
import { openStore, type Store, type Tx } from './index.ts';

let database: TestDatabase;
let store: Store;
let owner: pg.Client;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  await store.transaction((tx) => applySample(tx, [aRoute('nightly'), aRoute('other')]));
});
afterAll(async () => {
  await owner.end();
  await store.close();
  await database.stop();
});

/** All values of a union type: a missing one does not compile. */
function valuesOf<T extends string>(values: Record<T, true>): string[] {
  return Object.keys(values);
}

const CHECKS: [string, readonly string[]][] = [
  ['endpoint_protocol_check', valuesOf<Protocol>({ ftps: true, ftp: true, local: true })],
  ['endpoint_mode_check', valuesOf<TlsNegotiation['mode']>({ explicit: true, implicit: true, plain: true })],
  ['fire_outcome_check', FIRE_OUTCOMES],
  ['run_state_check', RUN_STATES],
  ['run_trigger_check', RUN_TRIGGERS],
  ['run_error_phase_check', PHASES],
  ['transfer_state_check', TRANSFER_STATES],
  ['transfer_assurance_check', ASSURANCE_LEVELS],
  ['transfer_lease_check', LEASED_TRANSFER_STATES],
  ['transfer_finished_check', SETTLED_TRANSFER_STATES],
  ['transfer_error_phase_check', PHASES],
  ['attempt_outcome_check', ATTEMPT_OUTCOMES],
  ['attempt_error_phase_check', PHASES],
  ['tls_negotiation_channel_check', valuesOf<TlsChannel>({ control: true, data: true })],
  [
    'tls_negotiation_mode_check',
    valuesOf<TlsNegotiation['mode']>({ explicit: true, implicit: true, plain: true }),
  ],
  [
    'tls_negotiation_verdict_check',
    valuesOf<TlsNegotiation['verdict']>({ accepted: true, refused: true, unprotected: true }),
  ],
  ['tls_negotiation_legacy_policy_check', LEGACY_POLICIES],
  [
    'tls_negotiation_checks_check',
    valuesOf<CheckResult>({ passed: true, failed: true, not_applicable: true }),
  ],
  [
    'tls_negotiation_close_notify_check',
    valuesOf<CloseNotify>({ seen: true, not_seen: true, unobserved: true }),
  ],
  [
    'audit_event_actor_check',
    valuesOf<Actor['kind']>({ user: true, api_key: true, scheduler: true, worker: true, system: true }),
  ],
  [
    'api_key_created_by_check',
    valuesOf<Actor['kind']>({ user: true, api_key: true, scheduler: true, worker: true, system: true }),
  ],
  ['audit_event_object_check', AUDIT_OBJECTS],
  ['incident_kind_check', INCIDENT_KINDS],
  ['incident_state_check', INCIDENT_STATES],
  ['api_key_role_check', ROLES],
];

test.each(CHECKS)('%s allows exactly the words of the domain', async (name, words) => {
  const { rows } = await owner.query<{ definition: string }>(
    'SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conname = $1',
    [name],
  );
  const found = new Set([...rows[0]!.definition.matchAll(/'([a-z_]+)'/g)].map((match) => match[1]!));
  expect([...found].sort()).toEqual([...words].sort());
});

/** The constraint, index or trigger that refuses. */
async function refusal(act: (tx: Tx) => Promise<unknown>): Promise<string> {
  const error = await store.transaction(act).then(
    () => undefined,
    (reason: unknown) => reason as Error,
  );
  return error === undefined ? 'accepted' : error.message;
}

const HELD = { leaseOwner: 'w', leaseUntil: new Date() };
const FINISHED = { finishedAt: new Date() };

describe('refused by the database, whoever asks', () => {
  test.each<[string, string, (tx: Tx) => Promise<unknown>]>([
    [
      'run_state_check',
      'a run state nobody knows',
      (tx) => insertRun(tx, 'nightly', { state: 'done', ...FINISHED }),
    ],
    ['run_fence_check', 'a negative fence', (tx) => insertRun(tx, 'nightly', { fence: -1 })],
    ['run_lanes_check', 'a run without lanes', (tx) => insertRun(tx, 'nightly', { lanes: 0 })],
    ['run_priority_check', 'a priority out of 1..9', (tx) => insertRun(tx, 'nightly', { priority: 10 })],
    [
      'run_fire_check',
      'a scheduled run without its fire',
      (tx) => insertRun(tx, 'nightly', { trigger: 'schedule' }),
    ],
    [
      'run_finished_check',
      'a finished run without its end',
      (tx) => insertRun(tx, 'nightly', { state: 'failed' }),
    ],
    ['run_finished_check', 'a running run with an end', (tx) => insertRun(tx, 'nightly', FINISHED)],
    [
      'run_error_phase_check',
      'a phase nobody knows',
      (tx) => insertRun(tx, 'nightly', { errorPhase: 'lunch' }),
    ],
    ['transfer_state_check', 'a transfer state nobody knows', (tx) => aTransfer(tx, { state: 'done' })],
    ['transfer_source_size_check', 'a negative size', (tx) => aTransfer(tx, { sourceSizeBytes: -1n })],
    ['transfer_fence_check', 'a negative fence', (tx) => aTransfer(tx, { fence: -1 })],
    ['transfer_generation_check', 'a negative generation', (tx) => aTransfer(tx, { generation: -1 })],
    ['transfer_assurance_check', 'an assurance nobody knows', (tx) => aTransfer(tx, { assurance: 'sure' })],
    ['transfer_sha256_check', 'a checksum that is none', (tx) => aTransfer(tx, { sha256: 'A'.repeat(64) })],
    ['transfer_lease_check', 'work without a lease', (tx) => aTransfer(tx, { state: 'streaming' })],
    ['transfer_lease_check', 'a lease without work', (tx) => aTransfer(tx, HELD)],
    [
      'transfer_publishing_check',
      'a rename without a committed intent',
      (tx) => aTransfer(tx, { state: 'publishing', ...HELD }),
    ],
    [
      'transfer_delivered_check',
      'a delivery without a checksum',
      (tx) => aTransfer(tx, { ...DELIVERED, sha256: null }),
    ],
    [
      'transfer_delivered_check',
      'a delivery without an assurance',
      (tx) => aTransfer(tx, { ...DELIVERED, assurance: null }),
    ],
    [
      'transfer_suppressed_check',
      'a suppression that names no earlier transfer',
      (tx) => aTransfer(tx, { state: 'suppressed', ...FINISHED }),
    ],
    [
      'transfer_finished_check',
      'a settled transfer without its end',
      (tx) => aTransfer(tx, { state: 'failed' }),
    ],
    ['attempt_number_check', 'attempt 0', (tx) => anAttempt(tx, { number: 0 })],
    [
      'attempt_finished_check',
      'a finished attempt without its end',
      (tx) => anAttempt(tx, { outcome: 'failed' }),
    ],
    ['attempt_sha256_check', 'a checksum that is none', (tx) => anAttempt(tx, { sha256: 'x' })],
    [
      'tls_negotiation_refused_check',
      'a refusal without its error',
      (tx) => aHandshake(tx, { verdict: 'refused' }),
    ],
    [
      'tls_negotiation_refused_check',
      'an unprotected connection with an error',
      (tx) => aHandshake(tx, { ...UNPROTECTED, error: 'connection_lost' }),
    ],
    [
      'tls_negotiation_unprotected_check',
      'an unprotected connection that no policy allowed',
      (tx) => aHandshake(tx, { ...UNPROTECTED, legacyPolicy: null }),
    ],
    [
      'tls_negotiation_unprotected_check',
      'an unprotected connection with a cipher',
      (tx) => aHandshake(tx, { ...UNPROTECTED, cipher: 'TLS_AES_256_GCM_SHA384' }),
    ],
    [
      'tls_negotiation_legacy_policy_check',
      'a legacy policy nobody knows',
      (tx) => aHandshake(tx, { legacyPolicy: 'telnet' }),
    ],
    [
      'endpoint_plain_check',
      'an ftps endpoint without TLS',
      (tx) => tx.endpoint.update({ where: { name: 'acme-ftps' }, data: { mode: 'plain' } }),
    ],
    [
      'endpoint_plain_check',
      'an ftp endpoint that pretends to have TLS',
      (tx) => tx.endpoint.update({ where: { name: 'acme-ftps' }, data: { protocol: 'ftp' } }),
    ],
    [
      'tls_negotiation_closing_check',
      'half of the closing facts',
      (tx) => aHandshake(tx, { closedAt: new Date() }),
    ],
    ['tls_negotiation_handshake_check', 'negative time', (tx) => aHandshake(tx, { handshakeMs: -1 })],
    [
      'tls_negotiation_bytes_check',
      'negative bytes',
      (tx) => aHandshake(tx, { ...CLOSING, bytesPlain: -1n }),
    ],
    ['audit_event_object_check', 'an event on nothing we know', (tx) => anEvent(tx, { object: 'spaceship' })],
    ['audit_event_actor_check', 'an actor of no kind', (tx) => anEvent(tx, { actorKind: 'ghost' })],
  ])('%s: %s', async (constraint, _, act) => {
    expect(await refusal(act)).toContain(constraint);
  });

  test('an unprotected connection is recorded with the policy that allowed it', async () => {
    expect(await refusal((tx) => aHandshake(tx, UNPROTECTED))).toBe('accepted');
    const plain = { name: 'old-ftp', protocol: 'ftp', mode: 'plain', settings: {} };
    expect(await refusal((tx) => tx.endpoint.create({ data: plain }))).toBe('accepted');
  });

  test('two fires of one schedule for one moment, and two runs of one fire', async () => {
    const schedule = {
      cron: '* * * * *',
      timezone: 'UTC',
      onHoliday: 'skip',
      misfire: 'run_once',
      overlap: 'skip',
    } as const;
    await store.transaction((tx) => applySample(tx, [aRoute('scheduled', { schedule })]));
    const { id: scheduleId } = await store.db.schedule.findFirstOrThrow();
    const data = { scheduleId, dueAt: new Date(0), outcome: 'run' };
    const fire = await store.transaction((tx) => tx.fire.create({ data }));
    expect(await refusal((tx) => tx.fire.create({ data }))).toContain('schedule_id');
    const run = { trigger: 'schedule', fireId: fire.id };
    await store.transaction((tx) => insertRun(tx, 'scheduled', run));
    expect(await refusal((tx) => insertRun(tx, 'scheduled', run))).toContain('fire_id');
    // A schedule's history outlives the wish to delete it.
    expect(await refusal((tx) => tx.schedule.delete({ where: { id: scheduleId } }))).toContain(
      'fire_schedule_id_fkey',
    );
  });
});

describe('the ledger', () => {
  const version = { sourcePath: '/out/ledger.csv', sourceSizeBytes: 5n, sourceModified: 'then' };

  test.each([
    ['waits', {}],
    ['is in hand', { state: 'claimed', ...HELD }],
    ['is delivered', DELIVERED],
    ['is held', { state: 'held', ...FINISHED }],
  ])('refuses a file version that %s', async (_, changes) => {
    const sourcePath = `/out/${randomUUID()}`;
    await store.transaction((tx) => aTransfer(tx, { ...version, sourcePath, ...changes }));
    expect(await refusal((tx) => aTransfer(tx, { ...version, sourcePath }))).toContain('transfer_ledger_key');
  });

  test.each([
    ['failed', { state: 'failed', ...FINISHED }],
    ['cancelled', { state: 'cancelled', ...FINISHED }],
  ])('lets a %s one be tried again', async (_, changes) => {
    const sourcePath = `/out/${randomUUID()}`;
    await store.transaction((tx) => aTransfer(tx, { ...version, sourcePath, ...changes }));
    expect(await refusal((tx) => aTransfer(tx, { ...version, sourcePath }))).toBe('accepted');
  });

  test.each([
    ['size', { sourceSizeBytes: 6n }],
    ['modification', { sourceModified: 'now' }],
    ['generation', { generation: 1 }],
    ['endpoint', { sourceEndpoint: 'inbox' }],
  ])('takes another %s for another file version', async (_, changes) => {
    const sourcePath = `/out/${randomUUID()}`;
    await store.transaction((tx) => aTransfer(tx, { ...version, sourcePath }));
    expect(await refusal((tx) => aTransfer(tx, { ...version, sourcePath, ...changes }))).toBe('accepted');
  });

  test('is kept for each route', async () => {
    const sourcePath = `/out/${randomUUID()}`;
    await store.transaction((tx) => aTransfer(tx, { ...version, sourcePath }));
    const onOther = async (tx: Tx) =>
      insertTransfer(tx, await insertRun(tx, 'other'), { ...version, sourcePath });
    expect(await refusal(onOther)).toBe('accepted');
  });
});

describe('evidence', () => {
  test.each([
    'UPDATE audit_event SET action = action',
    'DELETE FROM audit_event',
    'TRUNCATE audit_event',
    'DELETE FROM tls_negotiation',
    'TRUNCATE tls_negotiation',
    "UPDATE tls_negotiation SET cipher = 'NULL'",
  ])('even the owner is refused: %s', async (sql) => {
    await store.transaction(async (tx) => {
      await anEvent(tx, {});
      await aHandshake(tx, {});
    });
    await expect(owner.query(sql)).rejects.toMatchObject({ code: '42501' });
  });

  test('triggers fire for replication roles too', async () => {
    const superuser = new pg.Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    try {
      await superuser.query('SET session_replication_role = replica');
      for (const sql of ['UPDATE audit_event SET action = action', 'DELETE FROM tls_negotiation'])
        await expect(superuser.query(sql)).rejects.toMatchObject({ code: '42501' });
    } finally {
      await superuser.end();
    }
  });

  test('the closing facts of a handshake come once', async () => {
    const { id } = await store.transaction((tx) => aHandshake(tx, {}));
    const close = (tx: Tx, changes: object) =>
      tx.tlsNegotiation.updateMany({ where: { id }, data: { ...CLOSING, ...changes } });
    expect(await refusal((tx) => close(tx, {}))).toBe('accepted');
    expect(await refusal((tx) => close(tx, { bytesWire: 9n }))).toContain('only the closing facts are added');
    expect(
      await refusal((tx) => tx.tlsNegotiation.updateMany({ where: { id }, data: { closedAt: null } })),
    ).toContain('only the closing facts are added');
  });
});

/** As every connection of an `ftp` endpoint is recorded. */
const UNPROTECTED = {
  mode: 'plain',
  command: 'RETR',
  channel: 'data',
  protocol: null,
  cipher: null,
  nameCheck: 'not_applicable',
  chainCheck: 'not_applicable',
  verdict: 'unprotected',
  legacyPolicy: 'plain_ftp',
};
const CLOSING = { closeNotify: 'seen', bytesPlain: 1n, bytesWire: 2n, closedAt: new Date() };

async function aTransfer(tx: Tx, changes: object) {
  return insertTransfer(tx, await insertRun(tx, 'nightly'), changes);
}

async function anAttempt(tx: Tx, changes: object) {
  const transferId = await aTransfer(tx, {});
  return tx.attempt.create({ data: { transferId, number: 1, fence: 1, worker: 'w', ...changes } });
}

function aHandshake(tx: Tx, changes: object) {
  return tx.tlsNegotiation.create({ data: negotiationColumns(changes) });
}

function anEvent(tx: Tx, changes: object) {
  return tx.auditEvent.create({
    data: {
      actorKind: 'system',
      actorName: 'spec',
      action: 'process.started',
      object: 'process',
      objectId: '1',
      details: {},
      ...changes,
    },
  });
}
