import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CapabilityProfile, Finding } from '#domain';
import { PROBE_STATES } from '#domain';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import {
  claimProbe,
  EVERYTHING,
  findLastProbe,
  findProbe,
  finishProbe,
  keepProbe,
  latestProfile,
  openStore,
  type ProbeRecord,
  ProbeTooSoon,
  ProbeUnderWay,
  requestProbe,
  type Store,
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
  store.transaction((tx) => claimProbe(tx, worker, leaseMs));
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
    await expect(request()).rejects.toThrow(ProbeUnderWay);
    await claim('w1');
    await expect(request()).rejects.toThrow(/is under way already/);
    await end(first, 'w1');
    await expect(request()).rejects.toThrow(ProbeTooSoon);
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
    const [check] = await store.db.$queryRaw<{ text: string }[]>`
      SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conname = 'probe_state_check'`;
    expect([...check!.text.matchAll(/'(\w+)'/g)].map(([, state]) => state)).toEqual([...PROBE_STATES]);
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
