import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Actor } from '#domain';
import { applyConfiguration, lockConfiguration } from '#store';
import { ADMIN, type IdentityBench, openIdentityBench, personOf, settleUser } from '../testing/index.ts';
import {
  changeUser,
  createApiKey,
  createUser,
  findByKey,
  findSession,
  findUser,
  hasAdmin,
  listApiKeys,
  listSessions,
  resetUser,
  revokeApiKey,
} from './index.ts';

let bench: IdentityBench;
beforeAll(async () => {
  bench = await openIdentityBench();
  await bench.store.transaction((tx) =>
    applyConfiguration(
      tx,
      { partners: [{ name: 'acme' }, { name: 'other' }], endpoints: [], routes: [] },
      { firstFire: () => null },
    ),
  );
});
afterAll(() => bench.close());

describe('admins', () => {
  it('are made on the machine itself first, and the last one stays', async () => {
    const { store, keys } = bench;
    expect(await hasAdmin(store.db)).toBe(false);
    await createUser(store, keys, { name: 'half', role: 'admin', partners: ['acme'] }, ADMIN);
    expect(await hasAdmin(store.db)).toBe(false);
    await createUser(store, keys, { name: 'one', role: 'admin', partners: 'all' }, ADMIN);
    expect(await hasAdmin(store.db)).toBe(true);
    for (const change of [{ role: 'viewer' }, { partners: ['acme'] }, { disabled: true }] as const) {
      await expect(changeUser(store, 'one', change, ADMIN)).rejects.toMatchObject({ code: 'last_admin' });
      expect(await findUser(store.db, 'one')).toMatchObject({ role: 'admin', disabled: false });
    }
    await createUser(store, keys, { name: 'two', role: 'admin', partners: 'all' }, ADMIN);
    // Each takes the other's right away at the same moment: one of them is too late.
    const both = await Promise.allSettled([
      changeUser(store, 'one', { disabled: true }, ADMIN),
      changeUser(store, 'two', { disabled: true }, ADMIN),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await hasAdmin(store.db)).toBe(true);
  });
});

describe('users', () => {
  it('have a name once, for ever', async () => {
    const { store, keys } = bench;
    const wanted = { name: 'anna', role: 'viewer', partners: 'all' } as const;
    await createUser(store, keys, wanted, ADMIN);
    const before = await store.db.auditEvent.count();
    await expect(createUser(store, keys, wanted, ADMIN)).rejects.toMatchObject({ code: 'name_taken' });
    expect(await store.db.auditEvent.count()).toBe(before);
  });

  it('reach only partners that exist', async () => {
    const { store, keys } = bench;
    const wanted = { name: 'bert', role: 'viewer', partners: ['acme', 'acmee'] } as const;
    await expect(createUser(store, keys, wanted, ADMIN)).rejects.toMatchObject({
      code: 'unknown_name',
      field: 'partners',
    });
    expect(await findUser(store.db, 'bert')).toBeUndefined();
    const { token } = await settleUser(bench, { name: 'bert', partners: ['other', 'acme', 'acme'] });
    expect((await personOf(bench, token)).partners).toEqual(['acme', 'other']);
  });

  it('have another role with the next request, and no session when they are disabled', async () => {
    const { store, keys } = bench;
    const { token } = await settleUser(bench, { name: 'carl' });
    await changeUser(store, 'carl', { role: 'auditor', partners: ['acme'] }, ADMIN);
    expect(await personOf(bench, token)).toMatchObject({ role: 'auditor', partners: ['acme'] });
    await changeUser(store, 'carl', { disabled: true }, ADMIN);
    expect(await findSession(store, keys, token)).toBeUndefined();
    expect((await listSessions(store.db, {})).items.map(({ user }) => user)).not.toContain('carl');
    await changeUser(store, 'carl', { disabled: false }, ADMIN);
    expect(await findSession(store, keys, token), 'ended for good').toBeUndefined();
    const events = await store.db.auditEvent.findMany({
      where: { action: 'user.changed', objectId: 'carl' },
      orderBy: { id: 'asc' },
    });
    expect(events.map(({ details }) => details)).toEqual([
      {
        role: { before: 'viewer', after: 'auditor' },
        partners: { before: 'all', after: ['acme'] },
        endedSessions: 0,
      },
      { disabled: { before: false, after: true }, endedSessions: 1 },
      { disabled: { before: true, after: false }, endedSessions: 0 },
    ]);
  });

  it('who do not exist are neither changed nor reset', async () => {
    const { store, keys } = bench;
    const before = await store.db.auditEvent.count();
    expect(await changeUser(store, 'nobody', { role: 'admin' }, ADMIN)).toBeUndefined();
    expect(await resetUser(store, keys, 'nobody', { actor: ADMIN, secondFactor: 'remove' })).toBeUndefined();
    expect(await store.db.auditEvent.count()).toBe(before);
  });
});

describe('a partner that is deleted at the same moment', () => {
  it.each<[string, (partner: string) => Promise<unknown>]>([
    [
      'key',
      (name) =>
        createApiKey(bench.store, bench.keys, { name, role: 'viewer', partners: [name], actor: ADMIN }),
    ],
    [
      'user',
      (name) => createUser(bench.store, bench.keys, { name, role: 'viewer', partners: [name] }, ADMIN),
    ],
    ['changed user', (name) => changeUser(bench.store, 'limited', { partners: [name] }, ADMIN)],
  ])('leaves no %s behind that is limited to its name', async (what, limit) => {
    const { store, keys } = bench;
    const name = `gone-${what.replaceAll(' ', '-')}`;
    await store.db.partner.create({ data: { name } });
    if (what === 'changed user')
      await createUser(store, keys, { name: 'limited', role: 'viewer', partners: 'all' }, ADMIN);
    let settled = false;
    const { limiting } = await store.transaction(async (tx) => {
      await lockConfiguration(tx);
      await tx.partner.delete({ where: { name } });
      const outcome = Promise.allSettled([limit(name)]).finally(() => {
        settled = true;
      });
      await expect.poll(async () => settled || (await waitsForLock()), { timeout: 10_000 }).toBe(true);
      return { limiting: outcome };
    });
    expect(await limiting).toMatchObject([{ status: 'rejected', reason: { code: 'unknown_name' } }]);
  });

  async function waitsForLock(): Promise<boolean> {
    const [row] = await bench.store.db.$queryRaw<{ waits: boolean }[]>`
      SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS waits`;
    return row!.waits;
  }
});

describe('API keys', () => {
  it('carry how far they reach, and when they were used', async () => {
    const { store, keys } = bench;
    const { key } = await createApiKey(store, keys, {
      name: 'erp',
      role: 'operator',
      partners: ['acme'],
      actor: ADMIN,
    });
    const found = await findByKey(store, keys, key);
    expect(found?.identity).toEqual({
      name: 'erp',
      role: 'operator',
      actor: { kind: 'api_key', name: 'erp' },
      partners: ['acme'],
      routes: 'all',
    });
    await found?.noteUse?.();
    expect((await findByKey(store, keys, key))?.noteUse, 'once a minute').toBeUndefined();
    const [entry] = await listApiKeys(store.db);
    expect(entry).toMatchObject({
      name: 'erp',
      partners: ['acme'],
      createdBy: 'root (local)',
      person: 'root (local)',
    });
    expect(entry?.lastUsedAt).toBeInstanceOf(Date);
    expect(await revokeApiKey(store, 'erp', ADMIN)).toBe(true);
    expect(await findByKey(store, keys, key)).toBeUndefined();
  });

  it('say who stands behind them, however many keys lie between', async () => {
    const { store, keys } = bench;
    const make = (name: string, actor: Actor) =>
      createApiKey(store, keys, { name, role: 'admin', actor }).then(({ entry }) => entry);
    // A key of the name of a user is not this user.
    expect(await make('anna', { kind: 'system', name: 'start' })).toMatchObject({ person: 'start' });
    await make('first', { kind: 'user', name: 'anna' });
    await make('second', { kind: 'api_key', name: 'first' });
    const third = await make('third', { kind: 'api_key', name: 'second' });
    expect(third).toMatchObject({ createdBy: 'second', person: 'anna' });
    await store.db.apiKey.update({
      where: { name: 'first' },
      data: { createdBy: null, createdByKind: null },
    });
    const persons = (await listApiKeys(store.db)).map(({ name, person }) => [name, person]);
    expect(Object.fromEntries(persons)).toMatchObject({ anna: 'start', first: null, third: null });
  });

  it('end with their time, by the clock of the database', async () => {
    const { store, keys } = bench;
    const request = { name: 'brief', role: 'viewer', actor: ADMIN } as const;
    const expiresAt = new Date(Date.now() + 3_600_000);
    const { key } = await createApiKey(store, keys, { ...request, expiresAt });
    expect(await findByKey(store, keys, key)).toBeDefined();
    await store.db.$executeRaw`UPDATE api_key SET expires_at = clock_timestamp() WHERE name = 'brief'`;
    expect(await findByKey(store, keys, key)).toBeUndefined();
  });

  it('reach nothing that does not exist', async () => {
    const { store, keys } = bench;
    for (const wrong of [{ partners: ['nobody'] }, { routes: ['nothing'] }])
      await expect(
        createApiKey(store, keys, { name: 'wrong', role: 'viewer', actor: ADMIN, ...wrong }),
      ).rejects.toMatchObject({ code: 'unknown_name' });
    expect(await store.db.apiKey.count({ where: { name: 'wrong' } })).toBe(0);
  });
});
