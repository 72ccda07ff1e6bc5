import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page, SecretObject } from '#contract';
import { KeyFile, Keyring, makeSealingKey } from '#secrets';
import { lockSealingKeys, putCurrentSealingKey, readSecret } from '#store';
import { findCanaries, makeCanaries, readTables } from '../../../../test/support/canaries.ts';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

let api: TestApi;
let folder: string;
let keyring: Keyring;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
  // Where a worker has its key; the api is not told of it.
  folder = await mkdtemp(join(tmpdir(), 'waybill-worker-'));
  keyring = new Keyring({ keys: await KeyFile.open(join(folder, 'secrets.key'), { mayCreate: true }) });
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

const put = (name: string, body: unknown, key = api.keys.admin) =>
  api.call('PUT', `/api/v1/secrets/${name}`, key, json(body));

async function opened(name: string): Promise<string | undefined> {
  const row = await readSecret(api.store.db, name);
  return row ? (await keyring.open(row.secret, row.key)).reveal() : undefined;
}

it('before a worker has made the key pair nothing can be sealed, and nothing is stored', async () => {
  const problem = problemOf(await put('early', { value: 'x' }));
  expect(problem).toMatchObject({ code: 'no_sealing_key', detail: expect.stringContaining('first worker') });
  expect(await api.store.db.secret.count()).toBe(0);
  const pair = await makeSealingKey(keyring.keys);
  await api.store.transaction(async (tx) => {
    await lockSealingKeys(tx);
    await putCurrentSealingKey(tx, pair);
  });
});

describe('a secret', () => {
  it('is sealed by the api, which has no key, and opened by who has one', async () => {
    const first = `v1-${randomBytes(9).toString('hex')}`;
    const second = `v2-€\r\n"${randomBytes(9).toString('hex')}`;
    expect(await api.ask('setSecret', '/secrets/acme', api.keys.admin, json({ value: first }))).toMatchObject(
      {
        name: 'acme',
        version: 1,
        ageDays: 0,
      },
    );
    expect(await opened('acme')).toBe(first);
    expect(
      await api.ask('setSecret', '/secrets/acme', api.keys.admin, json({ value: second })),
    ).toMatchObject({ version: 2 });
    expect(await opened('acme')).toBe(second);
    // K2: nothing in the api's home opens it; no key of secrets was made there.
    expect(await readdir(api.home)).not.toContain('secrets.key');
  });

  it('is set one version after the other, however many set it at a time', async () => {
    const values = Array.from({ length: 20 }, (_, index) => `value-${index}`);
    const answers = await Promise.all(values.map((value) => put('busy', { value })));
    const versions = answers.map(({ text }) => (JSON.parse(text) as SecretObject).version);
    expect(versions.sort((a, b) => a - b)).toEqual(values.map((_, index) => index + 1));
    expect(values).toContain(await opened('busy'));
  });

  it('is listed without its value, in pages by name', async () => {
    const page = (await api.ask('listSecrets', '/secrets?limit=1', api.keys.auditor)) as Page<SecretObject>;
    expect(page.items.map((item) => [item.name, item.version])).toEqual([['acme', 2]]);
    expect(Object.keys(page.items[0]!).sort()).toEqual(
      ['ageDays', 'createdAt', 'keyId', 'name', 'partner', 'updatedAt', 'version'].sort(),
    );
    const next = (await api.ask(
      'listSecrets',
      `/secrets?limit=1&cursor=${page.nextCursor}`,
    )) as Page<SecretObject>;
    expect(next.items.map(({ name }) => name)).toEqual(['busy']);
  });

  it('that an endpoint refers to is not deleted; another one is, and says who did it', async () => {
    await put('acme-password', { value: 'x' });
    expect(
      problemOf(await api.call('DELETE', '/api/v1/secrets/acme-password', api.keys.admin)),
    ).toMatchObject({
      code: 'in_use',
      detail: expect.stringContaining('acme-ftps'),
    });
    expect((await api.call('DELETE', '/api/v1/secrets/busy', api.keys.admin)).status).toBe(204);
    expect(problemOf(await api.call('DELETE', '/api/v1/secrets/busy', api.keys.admin)).code).toBe(
      'not_found',
    );
    const events = await api.store.db.auditEvent.findMany({ where: { objectId: 'busy' } });
    expect(events.map(({ action }) => action).filter((action) => action === 'secret.deleted')).toHaveLength(
      1,
    );
  });

  it.each([
    ['an empty value', { value: '' }],
    ['no value', {}],
    ['a number', { value: 1 }],
    ['another field', { value: 'x', role: 'admin' }],
    ['more than 64 KiB', { value: 'x'.repeat(64 * 1024 + 1) }],
  ])('with %s is refused, and nothing is stored', async (_, body) => {
    expect(problemOf(await put('refused', body)).code).toBe('invalid_request');
    expect(await opened('refused')).toBeUndefined();
  });

  it.each(['viewer', 'operator', 'auditor'] as const)('is not set or deleted by a %s', async (role) => {
    expect(problemOf(await put('acme', { value: 'theirs' }, api.keys[role])).code).toBe('forbidden');
    const gone = await api.call('DELETE', '/api/v1/secrets/acme', api.keys[role]);
    expect(problemOf(gone).code).toBe('forbidden');
    expect(await opened('acme')).toMatch(/^v2-/);
  });
});

it('of 40 canaries none stands in a table, a log line or an answer (K1)', async () => {
  const canaries = makeCanaries(40);
  const answers: string[] = [];
  for (const [index, value] of canaries.entries()) {
    answers.push((await put(`canary-${index}`, { value })).text);
    // The ways in which it goes wrong.
    answers.push((await put(`canary-${index}`, { value, [value]: value })).text);
    answers.push((await put('Not..A Name', { value })).text);
    answers.push((await put(`canary-${index}`, { value }, api.keys.viewer)).text);
    answers.push((await put(`canary-${index}`, [value])).text);
  }
  answers.push((await api.call('GET', '/api/v1/secrets?limit=200', api.keys.admin)).text);
  answers.push((await api.call('GET', '/api/v1/audit/events?limit=200', api.keys.admin)).text);
  const tables = await readTables(api.superuserUrl);
  expect(tables).toContain('canary-39');
  // The check can find them.
  expect(findCanaries(canaries, { sink: `x${JSON.stringify(canaries[0])}x` })).not.toEqual([]);
  expect(findCanaries(canaries, { tables, log: api.logged.join('\n'), answers: answers.join('\n') })).toEqual(
    [],
  );
  expect(await opened('canary-7')).toBe(canaries[7]);
});
