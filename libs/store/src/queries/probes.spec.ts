import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CapabilityProfile, Finding } from '#domain';
import { LOOK_STATES, PROBE_STATES } from '#domain';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import {
  AskedTooSoon,
  claimLook,
  claimProbe,
  EVERYTHING,
  findLastProbe,
  findLook,
  findProbe,
  finishLook,
  finishProbe,
  isAsked,
  keepLook,
  keepProbe,
  latestProfile,
  openStore,
  type ProbeRecord,
  requestLook,
  requestProbe,
  type Store,
  WorkUnderWay,
} from '../index.ts';

const LEASE_MS = 60_000;
const FINDING: Finding = { step: 'dns', outcome: 'ok', says: 'It is there.', ms: 1 };
const PROFILE: CapabilityProfile = {
  probedAt: '2026-11-21T09:00:00.000Z',
  tlsVersions: ['TLSv1.3'],
  ciphers: ['TLS_AES_256_GCM_SHA384'],
  sessionReuse: 'demanded',
  epsv: true,
  passive: 'same_address',
  listing: 'mlsd',
  dialect: null,
  hashes: [],
  restart: null,
  renameReplaces: null,
  pipelining: true,
  clockSkewMs: null,
};

let database: TestDatabase;
let store: Store;
let endpoints = 0;
let endpoint: string;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
});
afterAll(async () => {
  await store.close();
  await database.stop();
});
beforeEach(async () => {
  endpoint = `partner-${++endpoints}`;
  await drain();
});

/** What earlier tests left for a worker. */
async function drain(): Promise<void> {
  for (;;) {
    const probe = await claim('drain');
    if (!probe) return;
    await end(probe, 'drain');
  }
}

const request = (folder: string | null = null): Promise<ProbeRecord> =>
  store.transaction((tx) => requestProbe(tx, { endpoint, requestedBy: 'anna', folder }));
const claim = (worker: string, leaseMs = LEASE_MS) =>
  store.transaction((tx) => claimProbe(tx, { worker }, leaseMs));
const end = ({ id }: ProbeRecord, worker: string, profile: CapabilityProfile | null = PROFILE) =>
  store.transaction((tx) => finishProbe(tx, id, worker, { findings: [FINDING], profile }));
/** As if it had been asked for a minute ago. */
const age = (probe: ProbeRecord) =>
  store.db
    .$executeRaw`UPDATE probe SET created_at = created_at - interval '1 minute' WHERE id = ${probe.id}::uuid`;

describe('a probe', () => {
  test('is asked for, taken by one worker of many, grows, and ends with its profile', async () => {
    const asked = await request('/in');
    expect(asked).toMatchObject({ state: 'queued', folder: '/in', findings: [], profile: null, error: null });
    const claims = await Promise.all(['w1', 'w2', 'w3', 'w4'].map((worker) => claim(worker)));
    const taken = claims.filter((probe) => probe !== undefined);
    expect(taken).toHaveLength(1);
    expect(taken[0]).toMatchObject({ id: asked.id, state: 'running' });
    const worker = `w${claims.findIndex((probe) => probe !== undefined) + 1}`;
    const keep = (name: string) =>
      store.transaction((tx) => keepProbe(tx, asked.id, name, [FINDING], LEASE_MS));
    expect(await keep('somebody else')).toBe(false);
    expect(await keep(worker)).toBe(true);
    expect((await findProbe(store.db, EVERYTHING, asked.id))?.findings).toEqual([FINDING]);
    expect(await end(asked, 'somebody else')).toBe(false);
    expect(await end(asked, worker)).toBe(true);
    expect(await findLastProbe(store.db, EVERYTHING, endpoint)).toMatchObject({
      state: 'done',
      profile: PROFILE,
      finishedAt: expect.any(Date),
    });
    expect(await keep(worker)).toBe(false);
  });

  test('is refused while another one waits or runs, and for ten seconds afterwards', async () => {
    const first = await request();
    await expect(request()).rejects.toThrow(WorkUnderWay);
    await claim('w1');
    await expect(request()).rejects.toThrow(/is under way already/);
    await end(first, 'w1');
    await expect(request()).rejects.toThrow(AskedTooSoon);
    await age(first);
    expect((await request()).state).toBe('queued');
  });

  test('asked for ten times at once is one probe', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => request()));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await store.db.probe.count({ where: { endpoint } })).toBe(1);
  });

  test('whose worker died is failed when somebody looks, and what it had found stays', async () => {
    const lost = await request();
    await claim('dead', 1);
    await store.transaction((tx) => keepProbe(tx, lost.id, 'dead', [FINDING], -1));
    await age(lost);
    expect((await request()).state).toBe('queued');
    expect(await findProbe(store.db, EVERYTHING, lost.id)).toMatchObject({
      state: 'failed',
      error: { code: 'worker_lost' },
      findings: [FINDING],
    });
    expect(await end(lost, 'dead')).toBe(false);
  });

  test('that failed says why', async () => {
    const { id } = await request();
    await claim('w1');
    const error = { code: 'secret_unavailable', detail: 'acme-password' };
    await store.transaction((tx) => finishProbe(tx, id, 'w1', { findings: [], profile: null, error }));
    expect(await findProbe(store.db, EVERYTHING, id)).toMatchObject({
      state: 'failed',
      error: { code: 'secret_unavailable', detail: 'acme-password' },
    });
  });
});

describe('a look', () => {
  const selection = { path: '/out', select: ['*'], exclude: [], recursive: false, settleMs: 0 };
  const ask = (isLocal = false, workerTag?: string) =>
    store.transaction((tx) =>
      requestLook(tx, { requestedBy: 'anna', selection: { ...selection, endpoint }, workerTag, isLocal }),
    );
  const claimIt = (...tags: string[]) =>
    store.transaction((tx) => claimLook(tx, { worker: 'w1', tags }, LEASE_MS));
  const result = {
    files: [
      { path: '/out/\u0000\ud800.csv', sizeBytes: 2n ** 60n, modified: 'x', why: null, says: null },
      { path: '/out/b.csv', sizeBytes: 7n, modified: 'y', why: 'excluded' as const, says: null },
    ],
    ...{ seen: 2, matched: 1, leftOut: { excluded: 1 } },
  };

  test('is asked for, taken, kept, and ends with what a partner’s names are to a database', async () => {
    const asked = () => isAsked(store.db, 'look');
    expect(await asked()).toBe(false);
    const { id } = await ask();
    expect(await asked()).toBe(true);
    await expect(ask()).rejects.toThrow(/A look at .* waits for a worker already/);
    expect(await claimIt()).toMatchObject({ id, state: 'running', selection: { path: '/out', endpoint } });
    expect(await claimIt()).toBeUndefined();
    expect(await store.transaction((tx) => keepLook(tx, id, 'w2', LEASE_MS))).toBe(false);
    expect(await store.transaction((tx) => keepLook(tx, id, 'w1', LEASE_MS))).toBe(true);
    expect(await store.transaction((tx) => finishLook(tx, id, 'w2', { result }))).toBe(false);
    expect(await store.transaction((tx) => finishLook(tx, id, 'w1', { result }))).toBe(true);
    expect(await asked()).toBe(false);
    expect(await findLook(store.db, EVERYTHING, id)).toMatchObject({
      state: 'done',
      files: [
        { path: '/out/\ufffd\ufffd.csv', sizeBytes: null },
        { path: '/out/b.csv', sizeBytes: 7 },
      ],
      ...{ seen: 2, matched: 1, leftOut: { excluded: 1 }, error: null },
    });
    await expect(ask()).rejects.toThrow(/was looked at a moment ago. Ask again in \d+ s/);
  });

  test('of our own folder may be asked for again a second later; an examination is no look', async () => {
    const { id } = await ask(true);
    expect((await request()).state).toBe('queued');
    await claimIt();
    await store.transaction((tx) => finishLook(tx, id, 'w1', { result }));
    await store.db
      .$executeRaw`UPDATE look SET created_at = created_at - interval '2 seconds' WHERE id = ${id}::uuid`;
    await expect(ask(false)).rejects.toThrow(AskedTooSoon);
    expect((await ask(true)).state).toBe('queued');
    await claimIt();
  });

  test('and an examination that demand a tag are for a worker that carries it; others have theirs meanwhile', async () => {
    const look = await ask(false, 'dmz');
    expect(look.workerTag).toBe('dmz');
    const demanding = { endpoint, requestedBy: 'anna', folder: null, workerTag: 'dmz' };
    const probe = await store.transaction((tx) => requestProbe(tx, demanding));
    const take = (...tags: string[]) =>
      store.transaction((tx) => claimProbe(tx, { worker: 'w1', tags }, LEASE_MS));
    expect([await claimIt(), await claimIt('mainframe'), await take('mainframe')]).toEqual(
      Array.from({ length: 3 }, () => undefined),
    );
    endpoint = `partner-${++endpoints}`;
    const later = await ask();
    expect((await claimIt('mainframe'))?.id).toBe(later.id);
    expect((await claimIt('mainframe', 'dmz'))?.id).toBe(look.id);
    expect(await take('dmz')).toMatchObject({ id: probe.id, workerTag: 'dmz' });
  });

  test('or an examination with a tag that nobody carries keeps no other one out for ever', async () => {
    const demanding = { endpoint, requestedBy: 'anna', folder: null, workerTag: 'dmzz' };
    const { id } = await store.transaction((tx) => requestProbe(tx, demanding));
    await expect(request()).rejects.toThrow(WorkUnderWay);
    await store.db
      .$executeRaw`UPDATE probe SET created_at = created_at - interval '11 minutes' WHERE id = ${id}::uuid`;
    expect((await request()).state).toBe('queued');
    expect((await findProbe(store.db, EVERYTHING, id))?.error).toMatchObject({
      detail: 'No worker with the tag dmzz took it while somebody waited.',
    });
  });

  test('that nobody takes while somebody waits is failed, and not made when he has gone', async () => {
    const { id } = await ask();
    await store.db
      .$executeRaw`UPDATE look SET created_at = created_at - interval '3 minutes' WHERE id = ${id}::uuid`;
    expect(await claimIt()).toBeUndefined();
    expect(await findLook(store.db, EVERYTHING, id)).toMatchObject({
      state: 'failed',
      error: { code: 'worker_lost', detail: 'No worker took it while somebody waited.' },
    });
  });
});

describe('the profile of an endpoint', () => {
  test('is that of the newest probe that got in', async () => {
    expect(await latestProfile(store.db, endpoint)).toBeNull();
    const first = await request();
    await claim('w1');
    await end(first, 'w1');
    await age(first);
    const second = await request();
    await claim('w1');
    await end(second, 'w1', null);
    expect(await latestProfile(store.db, endpoint)).toEqual(PROFILE);
    await age(first);
    await age(second);
    const third = await request();
    await claim('w1');
    await end(third, 'w1', { ...PROFILE, pipelining: false });
    expect((await latestProfile(store.db, endpoint))?.pipelining).toBe(false);
  });
});

describe('the database', () => {
  test('knows the states of the domain and no other', async () => {
    const checks = await store.db.$queryRaw<{ text: string }[]>`
      SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint
       WHERE conname IN ('look_state_check', 'probe_state_check') ORDER BY conname`;
    const states = checks.map(({ text }) => [...text.matchAll(/'(\w+)'/g)].map(([, state]) => state));
    expect(states).toEqual([[...LOOK_STATES], [...PROBE_STATES]]);
  });

  test.each([
    ['probe_lease_check', { state: 'running' }],
    ['probe_finished_check', { state: 'done' }],
    ['probe_failed_check', { state: 'failed', finishedAt: new Date() }],
  ])('refuses by %s a probe that cannot be', async (constraint, data) => {
    const create = store.db.probe.create({ data: { endpoint, requestedBy: 'anna', ...data } });
    await expect(create).rejects.toThrow(constraint);
  });

  test('deletes no probe that is not over, nor one of today', async () => {
    const { id } = await request();
    const remove = () => store.db.$executeRaw`DELETE FROM probe WHERE id = ${id}::uuid`;
    await expect(remove()).rejects.toThrow(/kept until it has been over for 1 day/);
    await store.db.probe.update({ where: { id }, data: { state: 'done', finishedAt: new Date() } });
    await expect(remove()).rejects.toThrow(/kept until it has been over for 1 day/);
  });
});
