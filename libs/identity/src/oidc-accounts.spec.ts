import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type IdentityBench, openIdentityBench } from '../testing/index.ts';
import { changeUser, createUser, findUser, hasAdmin, resetUser } from './index.ts';
import { type AccountOutcome, accountOf } from './oidc-accounts.ts';
import type { Rights } from './rights.ts';

let bench: IdentityBench;
beforeAll(async () => {
  bench = await openIdentityBench();
});
afterAll(() => bench.close());

const WHOLE_ADMIN: Rights = { role: 'admin', partners: 'all' };
const OPERATOR: Rights = { role: 'operator', partners: 'all' };

function arrive(name: string, rights: Rights): Promise<AccountOutcome> {
  const vouched = { issuer: 'https://login.example', subject: `sub-${name}`, name };
  return bench.store.transaction((tx) => accountOf(tx, vouched, rights, undefined));
}

describe('persons of a provider', () => {
  it('are never all made less at once: of eight admins who come with lesser groups one stays', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `chief-${index}`);
    for (const name of names) expect(await arrive(name, WHOLE_ADMIN)).toMatchObject({ state: 'open', name });
    const outcomes = await Promise.all(names.map((name) => arrive(name, OPERATOR)));
    const left = outcomes.filter((outcome) => outcome.state === 'refused');
    expect(left).toMatchObject([{ reason: 'last_admin' }]);
    const roles = await Promise.all(names.map(async (name) => (await findUser(bench.store.db, name))?.role));
    expect(roles.toSorted()).toEqual(['admin', ...Array(7).fill('operator')]);
    expect(await hasAdmin(bench.store.db)).toBe(true);
  });

  it('and local admins count together, whichever way each of them goes', async () => {
    const { store, keys } = bench;
    const admins = (await store.db.user.findMany({ where: { role: 'admin' } })).map(({ name }) => name);
    await createUser(store, keys, { name: 'local', ...WHOLE_ADMIN }, ADMIN);
    const [last] = admins;
    const both = await Promise.allSettled([
      changeUser(store, 'local', { disabled: true }, ADMIN),
      arrive(last!, OPERATOR),
    ]);
    const refused = both.filter(
      (one) =>
        one.status === 'rejected' ||
        (one.value !== undefined && 'state' in one.value && one.value.state === 'refused'),
    );
    expect(refused).toHaveLength(1);
    expect(await hasAdmin(store.db)).toBe(true);
  });

  it('come for the first time in eight browsers at once, and are one account', async () => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => arrive('new', OPERATOR)));
    const ids = outcomes.map((outcome) => outcome.state === 'open' && outcome.id);
    expect(new Set(ids).size).toBe(1);
    const events = { action: 'user.created', objectId: 'new' };
    expect(await bench.store.db.auditEvent.count({ where: events })).toBe(1);
  });

  it('get no password from anybody on the machine either', async () => {
    const { store, keys } = bench;
    const reset = resetUser(store, keys, 'new', { actor: ADMIN, secondFactor: 'remove' });
    await expect(reset).rejects.toMatchObject({ code: 'no_password' });
    expect(await findUser(store.db, 'new')).toMatchObject({ signsInWith: 'identity_provider' });
    const halfway = store.db.user.update({ where: { name: 'new' }, data: { passwordOneTime: true } });
    await expect(halfway).rejects.toThrow();
  });
});
