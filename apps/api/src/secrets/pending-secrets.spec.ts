import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prepareSealingKey, rewrapSecrets, rotateKeys } from '#apps/worker';
import { type Approval, makeClient } from '#contract';
import { createApiKey } from '#identity';
import { KeyFile, Keyring } from '#secrets';
import { readSecret } from '#store';
import { findCanaries, makeCanaries, readTables } from '../../../../test/support/canaries.ts';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { type Answer, json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const LOCAL = { kind: 'user', name: 'test' } as const;
const SECRETS = '/api/v1/secrets/';

let api: TestApi;
let second: string;
let folder: string;
let keyring: Keyring;
beforeAll(async () => {
  api = await startTestApi(SAMPLE, { rules: { fourEyes: true } });
  const other = { name: 'second', role: 'admin', actor: { kind: 'user', name: 'somebody-else' } } as const;
  second = (await createApiKey(api.store, api.identityKeys, other)).key;
  folder = await mkdtemp(join(tmpdir(), 'waybill-worker-'));
  keyring = new Keyring({ keys: await KeyFile.open(join(folder, 'secrets.key'), { mayCreate: true }) });
  await prepareSealingKey(api.store, keyring, LOCAL);
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});
let number = 0;
let name: string;
beforeEach(() => {
  name = `s${++number}`;
});

const put = (body: object, key = api.keys.admin) => api.call('PUT', `${SECRETS}${name}`, key, json(body));
const remove = (key = api.keys.admin) => api.call('DELETE', `${SECRETS}${name}`, key);
const decide = (verb: string, id: string, body: object = {}, key = second) =>
  api.call('POST', `/api/v1/approvals/${id}/${verb}`, key, json(body));

function waiting(answer: Answer): Approval {
  if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`);
  const approval = JSON.parse(answer.text) as Approval;
  expect(answer.headers.get('location')).toBe(`/api/v1/approvals/${approval.id}`);
  return approval;
}

async function approve(answer: Answer): Promise<void> {
  const approved = await decide('approve', waiting(answer).id);
  expect(approved.status, approved.text).toBe(200);
}

async function opened(): Promise<string | undefined> {
  const row = await readSecret(api.store.db, name);
  return row ? (await keyring.open(row.secret, row.key)).reveal() : undefined;
}

const payloadOf = async (id: string) =>
  JSON.stringify((await api.store.db.approval.findUniqueOrThrow({ where: { id } })).payload);

describe('with WAYBILL_FOUR_EYES=on a secret', () => {
  it('waits, and one person can do nothing about it; a second one makes it what was asked for', async () => {
    const before = await api.store.db.secret.findMany();
    const approval = waiting(await put({ value: 'first', partner: 'acme' }));
    expect(approval).toMatchObject({
      kind: 'secret',
      state: 'pending',
      summary: `create the secret "${name}"`,
      changes: [
        {
          kind: 'create',
          noun: 'secret',
          name,
          fields: [
            { path: 'version', after: 1 },
            { path: 'partner', after: 'acme' },
          ],
        },
      ],
    });
    expect(problemOf(await decide('approve', approval.id, {}, api.keys.admin)).code).toBe(
      'second_person_required',
    );
    expect(await api.store.db.secret.findMany()).toEqual(before);
    expect((await decide('approve', approval.id)).status).toBe(200);
    expect(await opened()).toBe('first');
    const events = await api.store.db.auditEvent.findMany({ where: { objectId: name } });
    expect(events).toMatchObject([
      {
        action: 'secret.set',
        actorName: 'admin',
        details: { version: 1, partner: 'acme', approvalId: approval.id },
      },
    ]);
  });

  it('that is replaced or deleted waits as well', async () => {
    await approve(await put({ value: 'one' }));
    const change = waiting(await put({ value: 'two' }));
    expect(change.changes[0]).toMatchObject({
      kind: 'change',
      fields: [{ path: 'version', before: 1, after: 2 }],
    });
    expect(await opened()).toBe('one');
    expect((await decide('approve', change.id)).status).toBe(200);
    expect(await opened()).toBe('two');
    const removal = waiting(await remove());
    expect(removal.changes[0]).toMatchObject({ kind: 'delete', fields: [{ path: 'version', before: 2 }] });
    expect(await opened()).toBe('two');
    expect((await decide('approve', removal.id)).status).toBe(200);
    expect(await opened()).toBeUndefined();
  });

  it("that is to be a partner's waits too, and takes no new value with it", async () => {
    await approve(await put({ value: 'kept' }));
    const assign = (partner: string | null) =>
      api.call('PATCH', `${SECRETS}${name}`, api.keys.admin, json({ partner }));
    expect((await assign(null)).status).toBe(200);
    const asked = waiting(await assign('acme'));
    expect(asked.changes[0]).toMatchObject({ kind: 'change', fields: [{ path: 'partner', after: 'acme' }] });
    const late = waiting(await put({ value: 'late' }));
    expect((await decide('approve', asked.id)).status).toBe(200);
    expect(
      await api.store.db.secret.findUnique({ where: { name }, include: { partner: true } }),
    ).toMatchObject({
      version: 1,
      partner: { name: 'acme' },
    });
    expect(problemOf(await decide('approve', late.id)).code).toBe('approval_outdated');
    expect(await opened()).toBe('kept');
  });

  it('is refused at once where nobody could approve it', async () => {
    const before = await api.store.db.approval.count();
    expect(problemOf(await remove()).code).toBe('not_found');
    expect(problemOf(await put({ value: 'x', partner: 'nobody' })).code).toBe('invalid_request');
    expect(problemOf(await put({ value: '' })).code).toBe('invalid_request');
    expect(await api.store.db.approval.count()).toBe(before);
  });

  it('lies sealed in its approval, and is taken out of it by the decision, whichever it is', async () => {
    for (const verb of ['approve', 'reject']) {
      const { id } = waiting(await put({ value: 'a value' }));
      expect(await payloadOf(id)).toContain('ciphertext');
      const answer = await decide(verb, id, verb === 'reject' ? { reason: 'no' } : {});
      expect(answer.status, answer.text).toBe(200);
      expect(await payloadOf(id)).toBe('{}');
    }
  });

  it.each([
    `UPDATE approval SET payload = '{}' WHERE state = 'pending'`,
    `UPDATE approval SET payload = '{"after": null}', state = 'rejected', decided_at = now(), decider_kind = 'user', decider_name = 'x' WHERE state = 'pending'`,
  ])('cannot be exchanged for another one meanwhile: %s', async (sql) => {
    waiting(await put({ value: 'x' }));
    await expect(api.store.db.$executeRawUnsafe(sql)).rejects.toThrow(/decided once/);
  });

  it('that has changed meanwhile is not overwritten, not even by the same version of another one', async () => {
    const stale = waiting(await put({ value: 'stale' }));
    await approve(await put({ value: 'newer' }));
    expect(problemOf(await decide('approve', stale.id)).code).toBe('approval_outdated');
    const late = waiting(await put({ value: 'late' }));
    await approve(await remove());
    await approve(await put({ value: 'again' }));
    expect(problemOf(await decide('approve', late.id)).code).toBe('approval_outdated');
    expect(await opened()).toBe('again');
  });

  it('that an endpoint has come to need meanwhile is not deleted', async () => {
    name = 'acme-password';
    await approve(await put({ value: 'x' }));
    // Referred to from the beginning: refused at once, and not asked for.
    expect(problemOf(await remove()).code).toBe('in_use');
  });

  it('sealed to a key that is rotated is opened all the same; to one that is gone nobody could open it', async () => {
    const early = waiting(await put({ value: 'early' }));
    await rotateKeys(api.store, keyring, LOCAL);
    expect((await decide('approve', early.id)).status).toBe(200);
    expect(await opened()).toBe('early');
    const late = waiting(await put({ value: 'late' }));
    await rotateKeys(api.store, keyring, LOCAL);
    await rewrapSecrets(api.store, keyring, LOCAL);
    expect(problemOf(await decide('approve', late.id))).toMatchObject({
      code: 'approval_outdated',
      detail: expect.stringContaining('key that it was sealed to is gone'),
    });
    expect(await opened()).toBe('early');
  });

  it('is not taken for done by the typed client', async () => {
    const client = makeClient({ url: api.url, key: api.keys.admin });
    const waits = { kind: 'secret', state: 'pending' };
    expect(await client.setSecret({ params: { name }, body: { value: 'x' } })).toMatchObject(waits);
    await approve(await put({ value: 'x' }));
    expect(await client.deleteSecret({ params: { name } })).toMatchObject(waits);
    expect(await opened()).toBe('x');
  });

  it('takes effect once, however many approve it at once', async () => {
    const { id } = waiting(await put({ value: 'once' }));
    const answers = await Promise.all(Array.from({ length: 6 }, () => decide('approve', id)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409, 409]);
    expect((await readSecret(api.store.db, name))?.secret.version).toBe(1);
  });

  it('shows its value nowhere: not in the approval, an event, a log line or a table (K1)', async () => {
    const canaries = makeCanaries(12);
    const answers: string[] = [];
    for (const [index, value] of canaries.entries()) {
      name = `canary-${index}`;
      const asked = await put({ value, partner: index % 2 === 0 ? 'acme' : null });
      answers.push(asked.text);
      const { id } = waiting(asked);
      answers.push((await api.call('GET', `/api/v1/approvals/${id}`, second)).text);
      if (index % 3 > 0)
        answers.push(
          (await decide(index % 3 === 1 ? 'approve' : 'reject', id, index % 3 === 1 ? {} : { reason: 'no' }))
            .text,
        );
      // The value in the wrong field.
      answers.push((await put({ value: 'x', partner: value })).text);
    }
    answers.push((await api.call('GET', '/api/v1/audit/events?limit=200', second)).text);
    const tables = await readTables(api.superuserUrl);
    expect(tables).toContain('canary-11');
    const sinks = { tables, answers: answers.join('\n'), log: api.logged.join('\n') };
    expect(findCanaries(canaries, sinks)).toEqual([]);
  });
});
