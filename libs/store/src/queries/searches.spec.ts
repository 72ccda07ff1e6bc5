import { createHash, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import {
  applySample,
  aRoute,
  DELIVERED,
  insertRun,
  insertTransfer,
  negotiationColumns,
} from '../../testing/sample-rows.ts';
import {
  EVERYTHING,
  findApiKey,
  findRun,
  findTransfer,
  InvalidCursor,
  insertApiKey,
  listApiKeys,
  listAttempts,
  openStore,
  type Page,
  readTranscript,
  revokeApiKey,
  type Store,
  searchEvents,
  searchFires,
  searchNegotiations,
  searchPartners,
  searchRoutes,
  searchRuns,
  searchTransfers,
  touchApiKey,
} from '../index.ts';

let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  await store.transaction((tx) => applySample(tx, [aRoute('nightly'), aRoute('hourly')]));
});
afterAll(async () => {
  await store.close();
  await database.stop();
});

/** Follows the cursor to the end. */
async function everything<T>(search: (cursor?: string) => Promise<Page<T>>): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await search(cursor);
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

const digestOf = (text: string) => new Uint8Array(createHash('sha256').update(text).digest());

describe('paging', () => {
  test('visits each run once, newest first, though many were created in one microsecond or one apart', async () => {
    const ids = await store.transaction(async (tx) => {
      const made: string[] = [];
      for (let index = 0; index < 12; index++)
        made.push(await insertRun(tx, 'hourly', { requestedBy: 'paging' }));
      return made;
    });
    await store.transaction(async (tx) => {
      for (const [index, id] of ids.entries()) {
        const micros = Math.floor(index / 3);
        await tx.$executeRaw`UPDATE run SET created_at = '2026-11-21T01:00:00Z'::timestamptz + ${micros} * interval '1 microsecond' WHERE id = ${id}::uuid`;
      }
    });
    const found = await everything((cursor) =>
      searchRuns(store.db, EVERYTHING, { route: 'hourly', limit: 5, cursor }),
    );
    expect(found.map((run) => run.id).sort()).toEqual([...ids].sort());
    const place = (id: string) => Math.floor(ids.indexOf(id) / 3);
    expect(found.map((run) => place(run.id))).toEqual([3, 3, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0]);
  });

  test.each([
    'x',
    '',
    Buffer.from('1 2').toString('base64url'),
    Buffer.from(`999999999999999999 ${randomUUID()}`).toString('base64url'),
    Buffer.from(`1' OR true -- ${randomUUID()}`).toString('base64url'),
  ])('refuses the cursor %j', async (cursor) => {
    await expect(searchRuns(store.db, EVERYTHING, { cursor })).rejects.toThrow(InvalidCursor);
    await expect(searchEvents(store.db, EVERYTHING, { cursor })).rejects.toThrow(InvalidCursor);
  });
});

describe('runs and transfers', () => {
  test('a run is told with its route, its due moment and how its transfers stand', async () => {
    const id = await store.transaction(async (tx) => {
      const run = await insertRun(tx, 'nightly', { parameters: { day: '20' }, idempotencyKey: 'told' });
      await insertTransfer(tx, run, DELIVERED);
      await insertTransfer(tx, run, DELIVERED);
      await insertTransfer(tx, run);
      return run;
    });
    expect(await findRun(store.db, EVERYTHING, id)).toMatchObject({
      id,
      route: 'nightly',
      state: 'queued',
      trigger: 'operator',
      parameters: { day: '20' },
      idempotencyKey: 'told',
      dueAt: null,
      transferCounts: { delivered: 2, planned: 1 },
      error: null,
    });
    expect(await findRun(store.db, EVERYTHING, id.toUpperCase())).toMatchObject({ id });
    expect(await findRun(store.db, EVERYTHING, randomUUID())).toBeNull();
    expect(await findRun(store.db, EVERYTHING, "' OR true --")).toBeNull();
  });

  test('runs are found by route, partner, state, trigger and age', async () => {
    const id = await store.transaction((tx) =>
      insertRun(tx, 'nightly', { state: 'running', trigger: 'api' }),
    );
    const ids = async (search: Parameters<typeof searchRuns>[2]) =>
      (await searchRuns(store.db, EVERYTHING, { ...search, limit: 100 })).items.map((run) => run.id);
    expect(await ids({ state: 'running' })).toEqual([id]);
    expect(await ids({ trigger: 'api', partner: 'acme', route: 'nightly' })).toEqual([id]);
    expect(await ids({ trigger: 'api', partner: 'nobody' })).toEqual([]);
    expect(await ids({ route: 'nowhere' })).toEqual([]);
    expect(await ids({ since: new Date(Date.now() + 3_600_000) })).toEqual([]);
    expect(await ids({ state: 'running', since: new Date(Date.now() - 3_600_000) })).toEqual([id]);
  });

  test('transfers are found by name, path, partner, checksum and state; a glob has only * and ?', async () => {
    const paths = ['/out/a_1.csv', '/out/aX1.csv', '/out/100%.csv', '/out/sub/a_1.csv', '/out/back\\slash'];
    const run = await store.transaction(async (tx) => {
      const made = await insertRun(tx, 'nightly');
      for (const sourcePath of paths) await insertTransfer(tx, made, { sourcePath });
      await insertTransfer(tx, made, { ...DELIVERED, sourcePath: '/out/done', sha256: 'b'.repeat(64) });
      return made;
    });
    const named = async (search: Parameters<typeof searchTransfers>[2]) =>
      (await searchTransfers(store.db, EVERYTHING, { runId: run, ...search })).items
        .map((transfer) => transfer.sourcePath)
        .sort();
    expect(await named({ name: 'a_1.csv' })).toEqual(['/out/a_1.csv', '/out/sub/a_1.csv']);
    expect(await named({ name: 'a?1.csv' })).toEqual(['/out/aX1.csv', '/out/a_1.csv', '/out/sub/a_1.csv']);
    expect(await named({ name: '/out/sub/*' })).toEqual(['/out/sub/a_1.csv']);
    expect(await named({ name: '100%*' })).toEqual(['/out/100%.csv']);
    expect(await named({ name: '*\\*' })).toEqual(['/out/back\\slash']);
    expect(await named({ name: '*.xml' })).toEqual([]);
    expect(await named({ partner: 'acme', state: 'delivered' })).toEqual(['/out/done']);
    expect(await named({ partner: 'nobody' })).toEqual([]);
    expect(await named({ sha256: 'B'.repeat(64) })).toEqual(['/out/done']);
    expect(await named({ route: 'hourly' })).toEqual([]);
    expect(await named({ runId: 'no-uuid' })).toEqual([]);
  });

  test('a size beyond 2^53 comes back exact, and a failure with its code, phase and detail', async () => {
    const sourceSizeBytes = 9_007_199_254_740_993n;
    const id = await store.transaction(async (tx) =>
      insertTransfer(tx, await insertRun(tx, 'nightly'), {
        sourceSizeBytes,
        state: 'failed',
        finishedAt: new Date(),
        errorCode: 'destination_exists',
        errorPhase: 'publish',
        errorDetail: 'It is there.',
      }),
    );
    expect(await findTransfer(store.db, EVERYTHING, id)).toMatchObject({
      sourceSizeBytes,
      route: 'nightly',
      attempts: 0,
      error: { code: 'destination_exists', phase: 'publish', detail: 'It is there.' },
    });
  });
});

describe('evidence', () => {
  test('an attempt shows its own handshakes and those of the control connections it used', async () => {
    const [sourceSessionId, otherSession] = [randomUUID(), randomUUID()];
    const transferId = await store.transaction(async (tx) => {
      const transfer = await insertTransfer(tx, await insertRun(tx, 'nightly'));
      const columns = { transferId: transfer, worker: 'w', fence: 1, sourceSessionId };
      const first = await tx.attempt.create({
        data: { ...columns, number: 1, transcript: new Uint8Array(gzipSync('USER waybill')) },
      });
      await tx.attempt.create({ data: { ...columns, number: 2 } });
      const rows = [
        { sessionId: sourceSessionId, command: 'AUTH TLS', startedAt: new Date(1) },
        { sessionId: sourceSessionId, command: 'MLSD', channel: 'data', startedAt: new Date(2) },
        {
          sessionId: sourceSessionId,
          command: 'RETR',
          channel: 'data',
          startedAt: new Date(3),
          attemptId: first.id,
        },
        { sessionId: otherSession, command: 'AUTH TLS', startedAt: new Date(4) },
      ];
      for (const row of rows) await tx.tlsNegotiation.create({ data: negotiationColumns(row) });
      return transfer;
    });
    const attempts = (await listAttempts(store.db, EVERYTHING, transferId))!;
    expect(attempts.map((attempt) => attempt.negotiations.map((row) => row.command))).toEqual([
      ['AUTH TLS', 'RETR'],
      ['AUTH TLS'],
    ]);
    expect(attempts.map((attempt) => attempt.hasTranscript)).toEqual([true, false]);
    expect(await readTranscript(store.db, EVERYTHING, attempts[0]!.id)).toBe('USER waybill');
    expect(await readTranscript(store.db, EVERYTHING, attempts[1]!.id)).toBeNull();
  });

  test('negotiations are found by endpoint, partner, version, cipher, verdict, resumption and time', async () => {
    const refused = {
      verdict: 'refused',
      error: 'tls_name_mismatch',
      protocol: 'TLSv1.2',
      cipher: 'AES256-SHA',
    };
    const startedAt = new Date('2026-01-01T00:00:00Z');
    await store.transaction(async (tx) => {
      const { id: endpointId } = await tx.endpoint.findUniqueOrThrow({ where: { name: 'acme-ftps' } });
      await tx.tlsNegotiation.create({
        data: negotiationColumns({ ...refused, endpointId, startedAt, resumed: true }),
      });
    });
    const count = async (search: Parameters<typeof searchNegotiations>[2]) =>
      (await searchNegotiations(store.db, EVERYTHING, search)).items.length;
    for (const search of [
      { version: 'TLSv1.2' },
      { cipher: 'AES256-SHA' },
      { verdict: 'refused' as const },
      { resumed: true },
      { to: new Date('2026-01-01T00:00:01Z'), from: startedAt },
      { endpoint: 'acme-ftps', partner: 'acme', verdict: 'refused' as const },
    ])
      expect([search, await count(search)]).toEqual([search, 1]);
    const unprotected = { verdict: 'unprotected', legacyPolicy: 'clear_data', protocol: null, cipher: null };
    await store.transaction((tx) => tx.tlsNegotiation.create({ data: negotiationColumns(unprotected) }));
    expect((await searchNegotiations(store.db, EVERYTHING, { verdict: 'unprotected' })).items).toMatchObject([
      unprotected,
    ]);
    expect(await count({ endpoint: 'inbox' })).toBe(0);
    expect(await count({ partner: 'nobody' })).toBe(0);
    expect(
      await count({ to: new Date(startedAt.getTime() - 1), from: new Date(startedAt.getTime() - 2) }),
    ).toBe(0);
  });

  test('events are found by object and by run, newest first', async () => {
    const runId = randomUUID();
    await store.transaction(async (tx) => {
      for (const [action, objectId] of [
        ['run.requested', runId],
        ['run.started', runId],
        ['transfer.claimed', randomUUID()],
      ] as const)
        await tx.auditEvent.create({
          data: {
            actorKind: 'system',
            actorName: 'spec',
            action,
            object: action.split('.')[0]!,
            objectId,
            runId,
            details: { text: '€' },
          },
        });
    });
    const actions = (events: { action: string }[]) => events.map((event) => event.action);
    const ofRun = await searchEvents(store.db, EVERYTHING, { object: 'run', objectId: runId });
    expect(actions(ofRun.items)).toEqual(['run.started', 'run.requested']);
    const all = await everything((cursor) => searchEvents(store.db, EVERYTHING, { runId, limit: 1, cursor }));
    expect(actions(all)).toEqual(['transfer.claimed', 'run.started', 'run.requested']);
    expect(all[0]).toMatchObject({ actor: { kind: 'system', name: 'spec' }, details: { text: '€' } });
  });

  test('fires are found by route, each with the run it became', async () => {
    const schedule = {
      cron: '* * * * *',
      timezone: 'UTC',
      onHoliday: 'skip',
      misfire: 'run_once',
      overlap: 'skip',
    } as const;
    await store.transaction((tx) => applySample(tx, [aRoute('hourly', { schedule })]));
    const runId = await store.transaction(async (tx) => {
      const { id: scheduleId } = await tx.schedule.findFirstOrThrow();
      const fire = (minute: number, outcome: string) =>
        tx.fire.create({ data: { scheduleId, dueAt: new Date(minute * 60_000), outcome } });
      await fire(1, 'missed');
      const { id: fireId } = await fire(2, 'run');
      return insertRun(tx, 'hourly', { trigger: 'schedule', fireId });
    });
    const { items } = await searchFires(store.db, EVERYTHING, { route: 'hourly' });
    expect(items.map((fire) => [fire.outcome, fire.runId])).toEqual([
      ['run', runId],
      ['missed', null],
    ]);
    expect((await searchFires(store.db, EVERYTHING, { route: 'nightly' })).items).toEqual([]);
    expect((await findRun(store.db, EVERYTHING, runId))?.dueAt).toEqual(new Date(120_000));
  });
});

const REACH = { partners: ['*'], routes: ['nightly'], createdBy: 'spec', createdByKind: 'user' as const };

describe('keys, secrets, configuration', () => {
  test('a key is found while in force: not after it is revoked or has expired', async () => {
    const role = 'operator' as const;
    const key = await store.transaction((tx) =>
      insertApiKey(tx, { name: 'erp', role, ...REACH, digest: digestOf('erp') }),
    );
    expect(key).toMatchObject({ name: 'erp', role, lastUsedAt: null });
    expect(await findApiKey(store.db, digestOf('erp'))).toEqual({ ...key, maker: null });
    await touchApiKey(store.db, key!.id);
    expect((await findApiKey(store.db, digestOf('erp')))?.lastUsedAt).toBeInstanceOf(Date);
    expect(await store.transaction((tx) => revokeApiKey(tx, 'erp'))).toBe(true);
    expect(await findApiKey(store.db, digestOf('erp'))).toBeNull();
    expect(await store.transaction((tx) => revokeApiKey(tx, 'erp'))).toBe(false);
    const again = { name: 'erp', role, ...REACH, digest: digestOf('other') };
    expect(await store.transaction((tx) => insertApiKey(tx, again))).toBeUndefined();
    const expiresAt = new Date(Date.now() - 1_000);
    const expired = { name: 'old', role, ...REACH, digest: digestOf('old'), expiresAt };
    await store.transaction((tx) => insertApiKey(tx, expired));
    expect(await findApiKey(store.db, digestOf('old'))).toBeNull();
    const listed = await listApiKeys(store.db);
    expect(listed.map(({ name }) => name)).toEqual(['erp', 'old']);
    expect(listed[0]).not.toHaveProperty('digest');
  });

  test('partners and routes come by name, routes with their next fire', async () => {
    expect((await searchPartners(store.db, EVERYTHING, {})).items).toMatchObject([{ name: 'acme' }]);
    const { items } = await searchRoutes(store.db, EVERYTHING, {});
    expect(items.map(({ route, nextFireAt }) => [route.name, nextFireAt])).toEqual([
      ['hourly', null],
      ['nightly', null],
    ]);
  });
});
