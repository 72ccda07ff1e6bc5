import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  codeNow,
  type IdentityBench,
  openIdentityBench,
  PASSWORD,
  PLACE,
  personOf,
  settleUser,
} from '../testing/index.ts';
import {
  beginSecondFactor,
  changePassword,
  changeUser,
  confirmSecondFactor,
  createUser,
  endSession,
  findSession,
  loadIdentityKeys,
  removeSecondFactor,
  resetUser,
  signIn,
} from './index.ts';

let bench: IdentityBench;
beforeAll(async () => {
  bench = await openIdentityBench();
});
afterAll(() => bench.close());

function attempt(name: string, password: string, more: { code?: string; address?: string } = {}) {
  return signIn(bench.store, bench.keys, { name, password, ...PLACE, ...more });
}

function refusalsOf(name: string) {
  return bench.store.db.auditEvent.findMany({
    where: { action: 'user.sign_in_refused', objectId: name },
    orderBy: { id: 'asc' },
  });
}

const REFUSED = { code: 'sign_in_refused', message: 'Name, password or code is not right.' };

describe('signing in', () => {
  it('opens a session that is found by its token until it is ended', async () => {
    const { person, token } = await settleUser(bench, { name: 'anna', role: 'operator' });
    expect(token).toMatch(/^wbs_[\w-]{43}$/);
    expect(person).toMatchObject({
      name: 'anna',
      role: 'operator',
      partners: 'all',
      actor: { kind: 'user', name: 'anna' },
      session: { passwordIsOneTime: false, hasSecondFactor: false },
    });
    expect(await endSession(bench.store, person.session.id, { actor: person.actor })).toBe(true);
    expect(await findSession(bench.store, bench.keys, token)).toBeUndefined();
    expect(await endSession(bench.store, person.session.id, { actor: person.actor })).toBe(false);
  });

  it('is refused with one answer for whatever is wrong, and the audit says what', async () => {
    await settleUser(bench, { name: 'bert' });
    await expect(attempt('bert', 'wrong')).rejects.toMatchObject(REFUSED);
    await expect(attempt('nobody', 'hunter2-as-a-name')).rejects.toMatchObject(REFUSED);
    await changeUser(bench.store, 'bert', { disabled: true }, ADMIN);
    await expect(attempt('bert', PASSWORD)).rejects.toMatchObject(REFUSED);
    expect((await refusalsOf('bert')).map(({ details }) => details)).toMatchObject([
      { reason: 'password', address: '192.0.2.1' },
      { reason: 'disabled' },
    ]);
    // What was typed as the name of nobody may be a password.
    const everything = JSON.stringify(
      await bench.store.db.$queryRaw`SELECT audit_event::text FROM audit_event`,
    );
    expect(everything).not.toContain('nobody');
    expect(await refusalsOf('unknown')).toHaveLength(1);
  });

  it('ends after 12 hours, or 30 minutes without a request', async () => {
    const { token, person } = await settleUser(bench, { name: 'carl' });
    const { id } = person.session;
    const shift = (column: string, minutes: number) =>
      bench.store.db.$executeRawUnsafe(
        `UPDATE session SET ${column} = clock_timestamp() + interval '${minutes} minutes' WHERE id = '${id}'`,
      );
    expect(person.session.expiresAt.getTime() - Date.now()).toBeGreaterThan(11.9 * 3_600_000);
    await shift('last_seen_at', -29);
    const found = await findSession(bench.store, bench.keys, token);
    await found?.noteUse?.();
    const { lastSeenAt } = await bench.store.db.session.findUniqueOrThrow({ where: { id } });
    expect(Date.now() - lastSeenAt.getTime()).toBeLessThan(60_000);
    await shift('last_seen_at', -31);
    expect(await findSession(bench.store, bench.keys, token)).toBeUndefined();
    await shift('last_seen_at', 0);
    expect(await findSession(bench.store, bench.keys, token)).toBeDefined();
    await shift('expires_at', 0);
    expect(await findSession(bench.store, bench.keys, token)).toBeUndefined();
  });

  it('while somebody disables the account leaves no live session', async () => {
    await settleUser(bench, { name: 'late' });
    const countTries = () => bench.store.db.signInDelay.count({ where: { key: { startsWith: 'pair:' } } });
    const before = await countTries();
    const underWay = attempt('late', PASSWORD).catch((error: { code: string }) => error);
    // Read and counted; the password is being looked at.
    await expect.poll(countTries, { interval: 2 }).toBe(before + 1);
    await changeUser(bench.store, 'late', { disabled: true }, ADMIN);
    await underWay;
    await changeUser(bench.store, 'late', { disabled: false }, ADMIN);
    expect(await bench.store.db.session.count({ where: { user: { name: 'late' }, endedAt: null } })).toBe(0);
  });

  it('with a one-time password is over after 72 hours', async () => {
    const { password } = await createUser(
      bench.store,
      bench.keys,
      { name: 'dora', role: 'viewer', partners: 'all' },
      ADMIN,
    );
    await bench.store.db.user.update({ where: { name: 'dora' }, data: { passwordExpiresAt: new Date(0) } });
    await expect(attempt('dora', password)).rejects.toMatchObject(REFUSED);
    expect((await refusalsOf('dora'))[0]?.details).toMatchObject({ reason: 'expired' });
    const again = await resetUser(bench.store, bench.keys, 'dora', { actor: ADMIN, secondFactor: 'keep' });
    const { token } = await attempt('dora', again!.password);
    expect((await personOf(bench, token)).session.passwordIsOneTime).toBe(true);
  });

  it('works with nothing that a dump of the database holds', async () => {
    const { token } = await settleUser(bench, { name: 'dump' });
    const row = await bench.store.db.session.findFirstOrThrow({ where: { user: { name: 'dump' } } });
    const digest = Buffer.from(row.digest);
    for (const form of ['hex', 'base64', 'base64url'] as const)
      expect(await findSession(bench.store, bench.keys, `wbs_${digest.toString(form)}`)).toBeUndefined();
    const rows = JSON.stringify(await bench.store.db.$queryRaw`SELECT session::text FROM session`);
    expect(rows).not.toContain(token.slice(4));
    // Another installation's key file: neither session nor password is good there.
    const another = await mkdtemp(join(bench.home, 'other-'));
    await writeFile(join(another, 'api.key'), `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    const others = await loadIdentityKeys(another, bench.store.db);
    expect(await findSession(bench.store, others, token)).toBeUndefined();
    await expect(
      signIn(bench.store, others, { name: 'dump', password: PASSWORD, ...PLACE }),
    ).rejects.toMatchObject(REFUSED);
  });
});

describe('the password', () => {
  it('is changed by who knows the old one; all other sessions end', async () => {
    const { person, token } = await settleUser(bench, { name: 'emil' });
    const other = await attempt('emil', PASSWORD);
    const next = 'another horse entirely';
    const change = (current: string, wanted: string) =>
      changePassword(bench.store, bench.keys, person, { current, next: wanted });
    await expect(change('wrong', next)).rejects.toMatchObject({ code: 'sign_in_refused' });
    await expect(change(PASSWORD, 'short')).rejects.toMatchObject({ code: 'weak_password', field: 'next' });
    await expect(change(PASSWORD, PASSWORD)).rejects.toMatchObject({ code: 'weak_password' });
    await change(PASSWORD, next);
    expect(await findSession(bench.store, bench.keys, token)).toBeDefined();
    expect(await findSession(bench.store, bench.keys, other.token)).toBeUndefined();
    await expect(attempt('emil', PASSWORD)).rejects.toMatchObject(REFUSED);
    await attempt('emil', next);
  });

  it('cannot be guessed with a borrowed session', async () => {
    const { person } = await settleUser(bench, { name: 'fred' });
    const guess = () =>
      changePassword(bench.store, bench.keys, person, { current: 'guess', next: 'another horse entirely' });
    const answers = await Promise.allSettled(Array.from({ length: 20 }, guess));
    const codes = answers.map((answer) => (answer.status === 'rejected' ? answer.reason.code : 'changed'));
    // 5 for nothing, then one after 1 s, after 2 s, after 4 s, as slow as the machine is.
    expect(codes.filter((code) => code === 'sign_in_refused').length).toBeLessThanOrEqual(9);
    expect(codes.filter((code) => code === 'too_many_requests').length).toBeGreaterThanOrEqual(11);
  });
});

describe('the second factor', () => {
  it('counts from its first code on; recovery codes work once each', async () => {
    const { person } = await settleUser(bench, { name: 'gina' });
    const elsewhere = await attempt('gina', PASSWORD);
    const { secret } = await beginSecondFactor(bench.store, bench.keys, person, PASSWORD);
    // Not confirmed: the password alone still does.
    await attempt('gina', PASSWORD);
    await expect(confirmSecondFactor(bench.store, bench.keys, person, '000000')).rejects.toMatchObject({
      code: 'sign_in_refused',
    });
    const codes = await confirmSecondFactor(
      bench.store,
      bench.keys,
      person,
      await codeNow(bench.store, secret),
    );
    expect(codes).toHaveLength(10);
    expect(new Set(codes).size).toBe(10);
    // Opened with the password alone.
    expect(await findSession(bench.store, bench.keys, elsewhere.token)).toBeUndefined();

    const failures = async () =>
      (await bench.store.db.signInDelay.findMany()).reduce((sum, row) => sum + row.failures, 0);
    const before = await failures();
    const elsewhereAgain = { address: '192.0.2.77' };
    await expect(attempt('gina', PASSWORD, elsewhereAgain)).rejects.toMatchObject({
      code: 'second_factor_required',
    });
    expect(await failures(), 'the first of two steps is no failure').toBe(before);
    // Nothing is said about it before the password is right.
    await expect(attempt('gina', 'wrong')).rejects.toMatchObject(REFUSED);
    const code = await codeNow(bench.store, secret, 1);
    await attempt('gina', PASSWORD, { code });
    await expect(attempt('gina', PASSWORD, { code }), 'replayed').rejects.toMatchObject(REFUSED);
    await expect(
      attempt('gina', PASSWORD, { code: await codeNow(bench.store, secret) }),
      'older than the last one',
    ).rejects.toMatchObject(REFUSED);
    await attempt('gina', PASSWORD, { code: codes[0]!.toLowerCase() });
    await expect(attempt('gina', PASSWORD, { code: codes[0]! })).rejects.toMatchObject(REFUSED);
    const rows = await bench.store.db.$queryRaw`SELECT user_account::text FROM user_account`;
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it('lets in one of ten who show the same code at the same time', async () => {
    const { person } = await settleUser(bench, { name: 'hugo' });
    const { secret } = await beginSecondFactor(bench.store, bench.keys, person, PASSWORD);
    await confirmSecondFactor(bench.store, bench.keys, person, await codeNow(bench.store, secret));
    const code = await codeNow(bench.store, secret, 1);
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, (_, place) =>
        attempt('hugo', PASSWORD, { code, address: `198.51.100.${place}` }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1);
  });

  it('cannot be guessed by who knows the password, wherever he guesses from', async () => {
    const { person } = await settleUser(bench, { name: 'ilse' });
    const { secret } = await beginSecondFactor(bench.store, bench.keys, person, PASSWORD);
    await confirmSecondFactor(bench.store, bench.keys, person, await codeNow(bench.store, secret));
    const codes: string[] = [];
    for (let place = 0; place < 12; place++) {
      const answer = await attempt('ilse', PASSWORD, { code: '123456', address: `203.0.113.${place}` }).catch(
        (error: { code: string }) => error,
      );
      codes.push('code' in answer ? answer.code : 'signed in');
    }
    expect(codes.filter((code) => code === 'sign_in_refused').length).toBeLessThanOrEqual(8);
    expect(codes).toContain('too_many_requests');
    expect(codes).not.toContain('signed in');
  });

  it('is removed with password and code, or by an admin', async () => {
    const { person } = await settleUser(bench, { name: 'jane' });
    const add = async (who: typeof person) => {
      const { secret } = await beginSecondFactor(bench.store, bench.keys, who, PASSWORD);
      return confirmSecondFactor(bench.store, bench.keys, who, await codeNow(bench.store, secret));
    };
    const [first] = await add(person);
    await expect(beginSecondFactor(bench.store, bench.keys, person, PASSWORD)).rejects.toMatchObject({
      code: 'second_factor_conflict',
    });
    const remove = (code: string, password = PASSWORD) =>
      removeSecondFactor(bench.store, bench.keys, person, { password, code });
    await expect(remove(first!, 'wrong')).rejects.toMatchObject({ code: 'sign_in_refused' });
    await expect(remove('AAAA-AAAA-AAAA-AAAA')).rejects.toMatchObject({ code: 'sign_in_refused' });
    await remove(first!);
    const { token } = await attempt('jane', PASSWORD);
    const [, second] = await add(await personOf(bench, token));
    const reset = await resetUser(bench.store, bench.keys, 'jane', { actor: ADMIN, secondFactor: 'keep' });
    expect(await findSession(bench.store, bench.keys, token)).toBeUndefined();
    await expect(attempt('jane', reset!.password)).rejects.toMatchObject({ code: 'second_factor_required' });
    await attempt('jane', reset!.password, { code: second! });
    const bare = await resetUser(bench.store, bench.keys, 'jane', { actor: ADMIN, secondFactor: 'remove' });
    await attempt('jane', bare!.password);
  });

  it('of one user opens nothing for another: rows are bound to their owner', async () => {
    const { person } = await settleUser(bench, { name: 'kurt' });
    const { secret } = await beginSecondFactor(bench.store, bench.keys, person, PASSWORD);
    await confirmSecondFactor(bench.store, bench.keys, person, await codeNow(bench.store, secret));
    await settleUser(bench, { name: 'lena' });
    const { totpSecret } = await bench.store.db.user.findUniqueOrThrow({ where: { name: 'kurt' } });
    await bench.store.db.user.update({ where: { name: 'lena' }, data: { totpSecret } });
    await expect(
      attempt('lena', PASSWORD, { code: await codeNow(bench.store, secret, 1) }),
    ).rejects.toThrow();
  });
});
