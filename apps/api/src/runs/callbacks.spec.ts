import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Run } from '#contract';
import { createApiKey } from '#identity';
import { putSecret } from '#store';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { postRun, tracesOf, triggerRun } from '../../testing/trigger-runs.ts';

const ACTOR = { kind: 'user', name: 'test' } as const;
const bytes = new Uint8Array(12);

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

const post = (route: string, body: object, key?: string) => postRun(api, route, body, key);
const trigger = (route: string, body: object = {}, key?: string) => triggerRun(api, route, body, key);
const traces = () => tracesOf(api);

describe('the call-back of a run', () => {
  const callback = {
    url: 'https://orders.example/waybill?key=do-not-show',
    secretRef: { secret: 'webhook-orders' },
  };

  it('waits for the end of the run; of its address only the host is shown', async () => {
    const run = await trigger('nightly', { callback }, 'with-callback');
    const shown = {
      host: 'orders.example',
      state: 'waiting',
      attempts: 0,
      lastStatus: null,
      lastError: null,
    };
    expect(run.callback).toEqual(shown);
    expect(await api.ask('getRun', `/runs/${run.id}`)).toMatchObject({ callback: shown });
    expect(await api.store.db.runCallback.findUnique({ where: { runId: run.id } })).toMatchObject({
      url: callback.url,
      secret: 'webhook-orders',
    });
    const events = await api.ask('listAuditEvents', `/audit/events?runId=${run.id}`, api.keys.auditor);
    expect(events).toMatchObject({ items: [{ details: { callbackHost: 'orders.example' } }] });
    const kept = await api.store.db.idempotentRequest.findUnique({ where: { runId: run.id } });
    expect(JSON.stringify([events, kept])).not.toContain('do-not-show');
    expect((await trigger('nightly')).callback).toBeNull();
    await api.ask('cancelRun', `/runs/${run.id}/cancel`, api.keys.operator, json({ reason: 'test' }));
    expect(await api.ask('getRun', `/runs/${run.id}`)).toMatchObject({ callback: { state: 'due' } });
  });

  it('is signed with the secret of the partner or route that a key is limited to', async () => {
    const keyOf = async (name: string, reach: object) =>
      (await createApiKey(api.store, api.identityKeys, { name, role: 'operator', actor: ACTOR, ...reach }))
        .key;
    const keys = [
      await keyOf('of-acme', { partners: ['acme'] }),
      await keyOf('of-nightly', { routes: ['nightly'] }),
    ];
    const statuses = async (key: string) => {
      const asked = ['webhook-acme', 'webhook-nightly', 'webhook-other', 'webhook-acme2'].map((secret) =>
        api.call(
          'POST',
          '/api/v1/routes/nightly/runs',
          key,
          json({ callback: { ...callback, secretRef: { secret } } }),
        ),
      );
      return (await Promise.all(asked)).map(({ status }) => status);
    };
    // Whoever makes routes could name one as he likes.
    expect(await statuses(keys[0]!)).toEqual([202, 400, 400, 400]);
    expect(await statuses(keys[1]!)).toEqual([400, 202, 400, 400]);
    // A secret that is bound to a partner says itself whose it is.
    const sealed = { version: 1, keyId: null, sealedKey: bytes, nonce: bytes, ciphertext: bytes };
    await api.store.transaction(async (tx) => {
      await putSecret(tx, { ...sealed, name: 'webhook-other' }, 'acme');
      await putSecret(tx, { ...sealed, name: 'webhook-acme' }, 'other');
    });
    expect(await statuses(keys[0]!)).toEqual([400, 400, 202, 400]);
    expect(await statuses(keys[1]!)).toEqual([400, 202, 400, 400]);
    await api.store.db.secret.deleteMany({});
  });

  it('of who is limited leads to no inside address, and he is told of none', async () => {
    const { key } = await createApiKey(api.store, api.identityKeys, {
      name: 'of-acme-inside',
      role: 'operator',
      actor: ACTOR,
      routes: ['nightly'],
    });
    const asked = (url: string, as: string) =>
      api.call(
        'POST',
        '/api/v1/routes/nightly/runs',
        as,
        json({ callback: { url, secretRef: { secret: 'webhook-nightly' } } }),
      );
    const inside = 'https://10.1.2.3:5432/';
    const before = await traces();
    for (const url of [inside, 'https://127.0.0.1/', 'https://169.254.169.254/'])
      expect(problemOf(await asked(url, key)).errors).toEqual([
        { path: 'body.callback.url', message: expect.stringMatching(/^must lead to a public address/) },
      ]);
    expect(await traces()).toEqual(before);
    const runs = [await asked(inside, api.keys.operator), await asked('https://1.1.1.1/', key)];
    expect(runs.map(({ status }) => status)).toEqual([202, 202]);
    const rows = await api.store.db.runCallback.findMany({
      where: { runId: { in: runs.map(({ text }) => (JSON.parse(text) as Run).id) } },
      select: { url: true, publicOnly: true },
      orderBy: { url: 'asc' },
    });
    // The worker asks again about what it dials, and by then only the database knows who it was.
    expect(rows).toEqual([
      { url: 'https://1.1.1.1/', publicOnly: true },
      { url: inside, publicOnly: false },
    ]);
  });

  it('belongs to what its key was used for', async () => {
    await trigger('nightly', { callback }, 'one-callback');
    const other = { callback: { ...callback, url: 'https://other.example/' } };
    expect(problemOf(await post('nightly', other, 'one-callback')).code).toBe('idempotency_key_reused');
    expect(problemOf(await post('nightly', {}, 'one-callback')).code).toBe('idempotency_key_reused');
  });

  it('is judged where the run is new: a repeat gets the first answer, whatever the policy is by then', async () => {
    const first = await post('nightly', { callback }, 'before-the-policy');
    const policy = vi
      .spyOn(api.egress, 'checkHost')
      .mockResolvedValue({ allowed: false, because: 'Nobody may go there any more.' });
    try {
      const repeat = await post('nightly', { callback }, 'before-the-policy');
      expect([repeat.status, repeat.text]).toEqual([202, first.text]);
      expect(problemOf(await post('nightly', { callback }, 'after-the-policy')).status).toBe(400);
      const other = { callback: { ...callback, url: 'https://other.example/' } };
      expect(problemOf(await post('nightly', other, 'before-the-policy')).code).toBe(
        'idempotency_key_reused',
      );
    } finally {
      policy.mockRestore();
    }
  });

  it.each([
    [{ ...callback, url: 'http://orders.example/' }, 'body.callback.url'],
    [{ ...callback, url: 'https://user:word@orders.example/' }, 'body.callback.url'],
    [{ ...callback, url: 'file:///etc/passwd' }, 'body.callback.url'],
    [{ ...callback, url: 'https://169.254.169.254/latest' }, 'body.callback.url'],
    [{ ...callback, url: 'https://127.1/' }, 'body.callback.url'],
    [{ ...callback, url: 'https://0x7f000001/' }, 'body.callback.url'],
    [{ ...callback, url: 'https://[::ffff:127.0.0.1]/' }, 'body.callback.url'],
    [{ ...callback, url: 'http://localhost/' }, 'body.callback.url'],
    [{ ...callback, secretRef: { secret: 'acme-password' } }, 'body.callback.secretRef.secret'],
    [{ ...callback, secretRef: { env: 'HOME' } }, 'body.callback.secretRef.secret'],
    [{ url: callback.url }, 'body.callback.secretRef'],
  ])('is refused like %j, without a trace', async (wanted, path) => {
    const before = await traces();
    const answer = await post('nightly', { callback: wanted });
    expect(problemOf(answer).errors?.map((error) => error.path)).toContain(path);
    expect(await traces()).toEqual(before);
  });
});
