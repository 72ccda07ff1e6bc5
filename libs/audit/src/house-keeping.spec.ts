import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SqlTx, Store } from '#store';
import { OPERATOR, type RecordedRuns, startRecordedRuns } from '../testing/recorded-runs.ts';
import { LEFTOVERS, type Leftover, type Retention, throwAway as throwAwayIn } from './house-keeping.ts';
import { KeyReused, requestDigest } from './idempotent-requests.ts';

const KEPT: Retention = { requestDays: 10, callbackDays: 20, sessionDays: 30, probeDays: 40 };

let runs: RecordedRuns;
let route: string;
beforeAll(async () => {
  runs = await startRecordedRuns();
});
afterAll(() => runs.close());
beforeEach(async () => {
  route = await runs.aRoute();
});

const throwAway = (what: Leftover, limit = 500) => runs.recorder.throwAway(what, KEPT, limit);
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
const told = async () =>
  (await runs.events('process.thrown_away')).map(({ actorName, details }) => [actorName, details]);

const request = (idempotencyKey: string) => ({
  routeName: route,
  trigger: 'operator' as const,
  requestedBy: OPERATOR,
  idempotencyKey,
});

describe('what an Idempotency-Key was answered', () => {
  /** A run of a key, as many days ago. */
  async function requested(key: string, days: number): Promise<string> {
    const { run } = await runs.recorder.createRun({ ...request(key), idempotencyKey: undefined });
    const { db } = runs.store;
    await db.run.update({ where: { id: run.id }, data: { idempotencyKey: key } });
    const digest = requestDigest('run', { parameters: {}, files: null });
    const answer = JSON.stringify({ id: run.id });
    await db.idempotentRequest.create({ data: { runId: run.id, digest, answer, createdAt: daysAgo(days) } });
    return run.id;
  }

  it('is thrown away after its days, the oldest first and no more than asked for, and the audit says so', async () => {
    for (const days of [11, 13, 12, 9.9, 0]) await requested(`key-${days}`, days);
    const before = (await told()).length;
    expect(await throwAway('idempotent_request', 2)).toBe(2);
    const left = await runs.store.db.idempotentRequest.findMany({ orderBy: { createdAt: 'asc' } });
    expect(left.map(({ createdAt }) => Math.round((Date.now() - createdAt.getTime()) / 86_400_000))).toEqual([
      11, 10, 0,
    ]);
    expect(await throwAway('idempotent_request')).toBe(1);
    expect(await throwAway('idempotent_request')).toBe(0);
    expect((await told()).slice(before)).toEqual([
      ['scheduler', { what: 'idempotent_request', rows: 2, olderThanDays: 10 }],
      ['scheduler', { what: 'idempotent_request', rows: 1, olderThanDays: 10 }],
    ]);
  });

  it('leaves the key to its run: neither a second run nor the answer to another question', async () => {
    const runId = await requested('monthly', 11);
    expect((await runs.recorder.createRun(request('monthly'))).answer).toEqual({ id: runId });
    await throwAway('idempotent_request');
    const repeated = runs.recorder.createRun(request('monthly'));
    await expect(repeated).rejects.toThrow(KeyReused);
    await expect(repeated).rejects.toThrow(new RegExp(`made run ${runId} at .* not kept any more`));
    expect(await runs.store.db.run.count({ where: { idempotencyKey: 'monthly' } })).toBe(1);
  });

  it('is thrown away by several at once, each row once', async () => {
    for (let index = 0; index < 20; index++) await requested(`many-${index}`, 11 + index);
    const gone = await Promise.all(Array.from({ length: 8 }, () => throwAway('idempotent_request', 5)));
    const rest = await throwAway('idempotent_request');
    expect(gone.reduce((sum, rows) => sum + rows, rest)).toBe(20);
  });
});

describe('call-backs', () => {
  async function callback(state: string, days: number, runState: string): Promise<string> {
    const { run } = await runs.recorder.createRun({
      routeName: route,
      trigger: 'api',
      requestedBy: OPERATOR,
      callback: { url: 'https://hooks.example.com/', secret: 'webhook-x' },
    });
    const { db } = runs.store;
    const over = !['queued', 'running'].includes(runState);
    const finishedAt = daysAgo(days);
    await db.run.update({ where: { id: run.id }, data: { state: runState, ...(over && { finishedAt }) } });
    const ended = state === 'delivered' || state === 'given_up';
    await db.runCallback.update({ where: { runId: run.id }, data: { state, ...(ended && { finishedAt }) } });
    return run.id;
  }

  it('are thrown away when they were told or given up long ago; not while a decision may end their run anew', async () => {
    const delivered = await callback('delivered', 21, 'delivered');
    const givenUp = await callback('given_up', 21, 'failed');
    const kept = [
      await callback('delivered', 19, 'delivered'),
      await callback('delivered', 21, 'held'),
      await callback('due', 21, 'failed'),
      await callback('waiting', 21, 'queued'),
    ];
    expect(await throwAway('run_callback')).toBe(2);
    const left = await runs.store.db.runCallback.findMany({ select: { runId: true } });
    const ids = left.map(({ runId }) => runId);
    for (const id of [delivered, givenUp]) expect(ids).not.toContain(id);
    for (const id of kept) expect(ids).toContain(id);
  });
});

describe('sessions', () => {
  it('are thrown away when they ended or expired long ago', async () => {
    const { db } = runs.store;
    const user = await db.user.create({
      data: {
        name: `user-${randomUUID()}`,
        role: 'viewer',
        passwordHash: '$argon2id$x',
        passwordOneTime: false,
        createdBy: 'test',
      },
    });
    const session = async (expiresAt: Date, endedAt?: Date) => {
      const data = { userId: user.id, digest: randomBytes(32), address: '::1', client: 'test', expiresAt };
      return (await db.session.create({ data: { ...data, endedAt: endedAt ?? null } })).id;
    };
    const expired = await session(daysAgo(31));
    const ended = await session(daysAgo(-1), daysAgo(31));
    const kept = [
      await session(daysAgo(29)),
      await session(daysAgo(-1), daysAgo(29)),
      await session(daysAgo(-1)),
    ];
    expect(await throwAway('session')).toBe(2);
    const left = (await db.session.findMany()).map(({ id }) => id);
    for (const id of [expired, ended]) expect(left).not.toContain(id);
    expect(left.sort()).toEqual(kept.sort());
  });
});

describe('examinations by the doctor', () => {
  it('are thrown away, but the newest of each endpoint and the newest that got in', async () => {
    const { db } = runs.store;
    const probe = async (endpoint: string, days: number, profile: object | null) => {
      const moment = { createdAt: daysAgo(days), startedAt: daysAgo(days), finishedAt: daysAgo(days) };
      const failed = profile === null;
      const { id } = await db.probe.create({
        data: {
          endpoint,
          requestedBy: 'test',
          state: failed ? 'failed' : 'done',
          ...(profile ? { profile: { ...profile } } : {}),
          errorCode: failed ? 'auth_rejected' : null,
          ...moment,
        },
      });
      return id;
    };
    const endpoint = `${route}-source`;
    const oldest = await probe(endpoint, 90, { features: [] });
    const gotIn = await probe(endpoint, 80, { features: [] });
    const oldFailure = await probe(endpoint, 70, null);
    const newest = await probe(endpoint, 60, null);
    const ofAnother = await probe(`${route}-destination`, 100, null);
    const ofNothing = await probe('gone', 41, { features: [] });
    const young = await probe('gone', 39, null);
    expect(await throwAway('probe')).toBe(3);
    const left = (await db.probe.findMany()).map(({ id }) => id);
    for (const id of [oldest, oldFailure, ofNothing]) expect(left).not.toContain(id);
    expect(left.sort()).toEqual([gotIn, newest, ofAnother, young].sort());
  });
});

describe('looks at the files of a folder', () => {
  it('are thrown away after a day', async () => {
    const { db } = runs.store;
    const look = async (state: string, days: number) => {
      const over = state === 'queued' ? {} : { finishedAt: daysAgo(days) };
      const asked = { endpoint: `looked-${state}-${days}`, requestedBy: 'test', selection: {} };
      return (await db.look.create({ data: { ...asked, state, createdAt: daysAgo(days), ...over } })).id;
    };
    await look('done', 1.1);
    const kept = [await look('done', 0.9), await look('queued', 30)];
    expect(await throwAway('look')).toBe(1);
    expect((await db.look.findMany()).map(({ id }) => id).sort()).toEqual(kept.sort());
  });
});

describe('sign-ins that went to the identity provider and did not come back', () => {
  it('are thrown away when they have expired, and nothing is said of them', async () => {
    const { db } = runs.store;
    const signIn = (expiresAt: Date) =>
      db.oidcSignIn.create({
        data: {
          stateDigest: randomBytes(32),
          browserDigest: randomBytes(32),
          sealed: randomBytes(8),
          expiresAt,
        },
      });
    await signIn(new Date(Date.now() - 1_000));
    const underWay = await signIn(new Date(Date.now() + 60_000));
    const before = (await told()).length;
    expect(await throwAway('oidc_sign_in')).toBe(1);
    const [left, ...others] = await db.oidcSignIn.findMany();
    expect(others).toEqual([]);
    expect(Buffer.from(left!.stateDigest)).toEqual(Buffer.from(underWay.stateDigest));
    expect((await told()).length).toBe(before);
  });
});

describe('a secret that waits for a second person', () => {
  it('is rejected after two weeks, and its sealed value goes', async () => {
    const superuser = new pg.Client({ connectionString: runs.superuserUrl });
    await superuser.connect();
    const ask = async (kind: string, age: string): Promise<string> => {
      const { rows } = await superuser.query<{ id: string }>(
        `INSERT INTO approval (kind, requested_at, requester_kind, requester_name, partners, summary, changes, payload)
         VALUES ($1, now() - $2::interval, 'user', 'ann', '{}', 'set it', '[]', '{"sealed": "value"}') RETURNING id::text`,
        [kind, age],
      );
      return rows[0]!.id;
    };
    const old = await ask('secret', '14 days 1 minute');
    const kept = [await ask('secret', '13 days 23 hours'), await ask('configuration', '20 days')];
    await superuser.end();
    expect(await throwAway('secret_approval')).toBe(1);
    expect(await throwAway('secret_approval')).toBe(0);
    const row = (id: string) => runs.store.db.approval.findUniqueOrThrow({ where: { id } });
    expect(await row(old)).toMatchObject({
      state: 'rejected',
      deciderKind: 'scheduler',
      note: 'Nobody decided it within 14 days.',
      payload: {},
    });
    for (const id of kept)
      expect(await row(id)).toMatchObject({ state: 'pending', payload: { sealed: 'value' } });
    expect(await runs.events('configuration.approval_refused')).toMatchObject([
      { objectId: old, details: { kind: 'secret', requestedBy: { kind: 'user', name: 'ann' } } },
    ]);
  });
});

describe('the database', () => {
  it('deletes nothing that somebody may still ask for, whoever wants it to', async () => {
    const { db } = runs.store;
    const young = daysAgo(0.9);
    const { run } = await runs.recorder.createRun({
      ...request('young'),
      callback: { url: 'https://hooks.example.com/', secret: 'webhook-x' },
    });
    const user = await db.user.create({
      data: {
        name: `user-${randomUUID()}`,
        role: 'viewer',
        passwordHash: '$argon2id$x',
        passwordOneTime: false,
        createdBy: 'test',
      },
    });
    const { id: sessionId } = await db.session.create({
      data: {
        userId: user.id,
        digest: randomBytes(32),
        address: '::1',
        client: 'test',
        expiresAt: daysAgo(29),
      },
    });
    const { id: probeId } = await db.probe.create({
      data: { endpoint: 'young', requestedBy: 'test', state: 'done', finishedAt: young },
    });
    const refused = { message: expect.stringContaining('a row is kept until it has been over for') };
    await expect(db.idempotentRequest.delete({ where: { runId: run.id } })).rejects.toMatchObject(refused);
    await expect(db.session.delete({ where: { id: sessionId } })).rejects.toMatchObject(refused);
    await expect(db.probe.delete({ where: { id: probeId } })).rejects.toMatchObject(refused);
    // Nobody has been told yet, however long that takes; and then for a day.
    await expect(db.runCallback.delete({ where: { runId: run.id } })).rejects.toMatchObject(refused);
    await db.runCallback.update({
      where: { runId: run.id },
      data: { state: 'delivered', finishedAt: young },
    });
    await expect(db.runCallback.delete({ where: { runId: run.id } })).rejects.toMatchObject(refused);
  });
});

describe('a look for what is over', () => {
  /** What the database would do for it if every table were large. */
  async function planOf(what: Leftover): Promise<string> {
    let plan = '';
    const { store } = runs;
    const explaining: Pick<Store, 'sqlTransaction'> = {
      sqlTransaction: (act) =>
        store.sqlTransaction(async (tx) => {
          await tx.$executeRaw`SET LOCAL enable_seqscan = off`;
          const explain: SqlTx['$executeRaw'] = async ([first = '', ...rest], ...values) => {
            const texts = [`EXPLAIN ${first}`, ...rest];
            const asked = Object.assign(texts, { raw: texts });
            const lines = await tx.$queryRaw<{ 'QUERY PLAN': string }[]>(asked, ...values);
            plan = lines.map((line) => line['QUERY PLAN'].trim()).join(' ');
            return 0;
          };
          return act({ $queryRaw: tx.$queryRaw, $executeRaw: explain });
        }),
    };
    await throwAwayIn(explaining, what, KEPT, 500);
    return plan;
  }

  it.each(LEFTOVERS)('of %s is bounded by an index: what is kept is not read', async (what) => {
    const plan = await planOf(what);
    expect(plan).toMatch(
      /Index Cond: \(.*(created_at|finished_at|LEAST\(ended_at, expires_at\)|expires_at|requested_at) < \(?now\(\)/,
    );
  });
});
