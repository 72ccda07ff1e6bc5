import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Approval } from '#contract';
import type { Actor } from '#domain';
import { changeUser, createApiKey, createUser, revokeApiKey } from '#identity';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const ANNA = { kind: 'user', name: 'anna' } as const;
const BERT = { kind: 'user', name: 'bert' } as const;

let api: TestApi;
/** Who asks: a key of Anna's, and a key that this key has made. */
let annas: string;
let annasSecond: string;
beforeAll(async () => {
  api = await startTestApi(SAMPLE, { rules: { fourEyes: true } });
  for (const { name } of [ANNA, BERT])
    await createUser(
      api.store,
      api.identityKeys,
      { name, role: 'admin', partners: 'all' },
      { kind: 'user', name: 'root (local)' },
    );
  annas = await makeKey('annas', ANNA);
  annasSecond = await makeKey('annas-second', { kind: 'api_key', name: 'annas' });
});
afterAll(() => api.close());

async function makeKey(name: string, actor: Actor): Promise<string> {
  return (await createApiKey(api.store, api.identityKeys, { name, role: 'admin', actor })).key;
}

async function ask(key: string): Promise<string> {
  const path = '/api/v1/endpoints/acme-ftps';
  const tag = (await api.call('GET', path, key)).headers.get('etag')!;
  const init = json({ username: `user-${Math.random()}` });
  const answer = await api.call('PATCH', path, key, {
    ...init,
    headers: { ...init.headers, 'if-match': tag },
  });
  expect(answer.status, answer.text).toBe(202);
  return (JSON.parse(answer.text) as Approval).id;
}

const approve = (id: string, key: string) =>
  api.call('POST', `/api/v1/approvals/${id}/approve`, key, json({ note: 'x' }));

async function refused(id: string, key: string): Promise<string | undefined> {
  const problem = problemOf(await approve(id, key));
  expect(problem).toMatchObject({ status: 403, code: 'second_person_required' });
  expect(await api.ask('getApproval', `/approvals/${id}`)).toMatchObject({ state: 'pending' });
  return problem.detail;
}

describe('the second person', () => {
  let count = 0;
  const fresh = () => `key-${++count}`;

  it('is not who asked, nor another key of the same person', async () => {
    const id = await ask(annas);
    await refused(id, annas);
    await refused(id, await makeKey(fresh(), ANNA));
  });

  it('is not a key that the asking key has made, and the other way round', async () => {
    await refused(await ask(annas), annasSecond);
    await refused(await ask(annasSecond), annas);
  });

  it('is not a key with the same person at its beginning, however many keys lie between', async () => {
    let maker: Actor = { kind: 'api_key', name: 'annas-second' };
    let last = '';
    for (let links = 0; links < 5; links++) {
      const name = fresh();
      last = await makeKey(name, maker);
      maker = { kind: 'api_key', name };
    }
    await refused(await ask(annas), last);
    await refused(await ask(last), annas);
  });

  it('is not a user whose key asked', async () => {
    const id = await ask(annas);
    const approvals = api.configuration.approvals;
    const anna = { actor: ANNA, partners: 'all', routes: 'all' } as const;
    await expect(approvals.approve(anna, id, '')).rejects.toMatchObject({ code: 'second_person_required' });
    await approvals.approve({ ...anna, actor: BERT }, id, '');
  });

  it('is a key of somebody else, made before or after', async () => {
    const berts = await makeKey(fresh(), BERT);
    const id = await ask(annasSecond);
    expect((await approve(id, berts)).status).toBe(200);
    expect((await approve(await ask(annas), await makeKey(fresh(), BERT))).status).toBe(200);
  });

  it('is not mistaken for a key of the same name', async () => {
    // A user and a key may have one name: a key made by the key "bert" is not one of the user Bert.
    await makeKey('bert', ANNA);
    await refused(await ask(annas), await makeKey(fresh(), { kind: 'api_key', name: 'bert' }));
  });

  it('is known: a key of which nobody knows who made it neither asks nor approves', async () => {
    const name = fresh();
    const key = await makeKey(name, BERT);
    const id = await ask(annas);
    const asked = await ask(key);
    await api.store.db.apiKey.update({ where: { name }, data: { createdBy: null, createdByKind: null } });
    expect(await refused(id, key)).toContain('Nobody knows who made this');
    expect(await refused(asked, annas)).toContain('who made the API key that asked');
  });

  it('is somebody still: the key of a disabled user opens nothing', async () => {
    const key = await makeKey(fresh(), await makeAdmin('cleo'));
    const id = await ask(annas);
    await changeUser(api.store, 'cleo', { disabled: true }, BERT);
    expect(problemOf(await approve(id, key))).toMatchObject({ status: 401 });
    expect(await api.ask('getApproval', `/approvals/${id}`)).toMatchObject({ state: 'pending' });
  });
});

async function makeAdmin(name: string): Promise<Actor> {
  await createUser(api.store, api.identityKeys, { name, role: 'admin', partners: 'all' }, BERT);
  return { kind: 'user', name };
}

describe('who asked', () => {
  async function outdated(id: string): Promise<string | undefined> {
    const problem = problemOf(await approve(id, annas));
    expect(problem).toMatchObject({ status: 409, code: 'approval_outdated' });
    expect(await api.ask('getApproval', `/approvals/${id}`)).toMatchObject({ state: 'pending' });
    const reject = json({ reason: 'gone' });
    expect((await api.call('POST', `/api/v1/approvals/${id}/reject`, annas, reject)).status).toBe(200);
    return problem.detail;
  }

  it.each<[string, (name: string) => Promise<unknown>]>([
    ['is disabled', (name) => changeUser(api.store, name, { disabled: true }, BERT)],
    ['is no admin any more', (name) => changeUser(api.store, name, { role: 'operator' }, BERT)],
    ['reaches other partners now', (name) => changeUser(api.store, name, { partners: ['other'] }, BERT)],
    ['has asked with a key that is revoked', (name) => revokeApiKey(api.store, `key-of-${name}`, BERT)],
    [
      'has asked with a key that has expired',
      (name) =>
        api.store.db.apiKey.update({ where: { name: `key-of-${name}` }, data: { expiresAt: new Date() } }),
    ],
  ])('%s: what he has asked for is not approved any more', async (what, happens) => {
    const name = `asker-${what.replaceAll(' ', '-')}`;
    const id = await ask(await makeKey(`key-of-${name}`, await makeAdmin(name)));
    await happens(name);
    expect(await outdated(id)).toContain('may not ask for it any more');
  });

  it('has asked with a key of a revoked key: what he has asked for is not approved any more', async () => {
    await makeKey('leaked', await makeAdmin('fritz'));
    const between = await makeKey('of-leaked', { kind: 'api_key', name: 'leaked' });
    const id = await ask(between);
    await revokeApiKey(api.store, 'leaked', BERT);
    expect(await outdated(id)).toContain('may not ask for it any more');
  });

  it('may also be limited to the partner that it concerns', async () => {
    const dora = await makeAdmin('dora');
    const id = await ask(await makeKey('doras', dora));
    await changeUser(api.store, 'dora', { partners: ['acme'] }, BERT);
    expect((await approve(id, annas)).status).toBe(200);
  });

  it('has to ask anew after 14 days', async () => {
    const id = await ask(await makeKey('of-emil', await makeAdmin('emil')));
    const superuser = new pg.Client({ connectionString: api.superuserUrl });
    await superuser.connect();
    const copy = async (age: string) => {
      const { rows } = await superuser.query(
        `INSERT INTO approval (kind, requested_at, requester_kind, requester_name, partners, summary, changes, payload)
         SELECT kind, now() - $2::interval, requester_kind, requester_name, partners, summary, changes, payload FROM approval
          WHERE id = $1 RETURNING id::text`,
        [id, age],
      );
      return (rows as { id: string }[])[0]!.id;
    };
    const [young, old] = [await copy('13 days 23 hours'), await copy('14 days 1 minute')];
    await superuser.end();
    expect(await outdated(old)).toContain('14 days');
    expect((await approve(young, annas)).status).toBe(200);
  });
});

describe('the database', () => {
  let superuser: pg.Client;
  beforeAll(async () => {
    superuser = new pg.Client({ connectionString: api.superuserUrl });
    await superuser.connect();
  });
  afterAll(() => superuser.end());
  let id: string;
  beforeEach(async () => {
    id = await ask(annas);
  });

  const decideAs = (kind: string, name: string) =>
    superuser.query(
      `UPDATE approval SET state = 'approved', decided_at = now(), decider_kind = $2, decider_name = $3 WHERE id = $1`,
      [id, kind, name],
    );

  it.each([
    ['api_key', 'annas'],
    ['api_key', 'annas-second'],
    ['user', 'anna'],
    ['api_key', 'of-nobody'],
  ])('refuses an approval by %s %s, whoever writes it', async (kind, name) => {
    await expect(decideAs(kind, name)).rejects.toMatchObject({ code: '42501' });
  });

  it('takes one by somebody else, and the rejection of the own request', async () => {
    await decideAs('user', 'bert');
    id = await ask(annas);
    await superuser.query(
      `UPDATE approval SET state = 'rejected', decided_at = now(), decider_kind = 'user', decider_name = 'anna' WHERE id = $1`,
      [id],
    );
  });

  it('ends on a circle of keys', async () => {
    const { rows } = await superuser.query(
      `WITH turned AS (UPDATE api_key SET created_by_kind = 'api_key', created_by = 'annas-second' WHERE name = 'annas' RETURNING 1)
       SELECT count(*) FROM turned`,
    );
    expect(rows).toEqual([{ count: '1' }]);
    const behind = await superuser.query(`SELECT person_behind('api_key', 'annas') AS person`);
    expect(behind.rows).toEqual([{ person: null }]);
  });
});
