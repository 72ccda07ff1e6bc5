import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Run } from '#contract';
import { changeUser, createApiKey, createUser, revokeApiKey, signIn } from '#identity';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { type Answer, json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const ACTOR = { kind: 'user', name: 'root (local)' } as const;

let api: TestApi;
let run: Run;
beforeAll(async () => {
  api = await startTestApi(SAMPLE, { streams: { lookAtRightsEveryMs: 100 } });
  run = (await api.ask('triggerRun', '/routes/nightly/runs', api.keys.operator, json({}))) as Run;
});
afterAll(() => api.close());

/** Held for 30 s, unless somebody ends it. `letIn`: the guard has seen it, so that it is not refused at the door. */
async function wait(
  headers: Record<string, string>,
  letIn: () => Promise<boolean>,
  during: () => Promise<unknown>,
): Promise<Answer> {
  const began = performance.now();
  const held = api.call('GET', `/api/v1/runs/${run.id}?wait=30s`, undefined, { headers });
  await vi.waitFor(async () => expect(await letIn()).toBe(true), 10_000);
  await during();
  const answer = await held;
  expect(performance.now() - began).toBeLessThan(20_000);
  return answer;
}

/** The use of a key is noted when it has been let in. */
const isUsed = (name: string) => async () =>
  (await api.store.db.apiKey.findUniqueOrThrow({ where: { name } })).lastUsedAt !== null;

async function makeKey(name: string, more: object = {}): Promise<Record<string, string>> {
  const { key } = await createApiKey(api.store, api.identityKeys, {
    name,
    role: 'viewer',
    actor: ACTOR,
    ...more,
  });
  return { authorization: `Bearer ${key}` };
}

it('a key that is revoked waits no longer, and learns nothing', async () => {
  const answer = await wait(await makeKey('brief'), isUsed('brief'), () =>
    revokeApiKey(api.store, 'brief', ACTOR),
  );
  expect(problemOf(answer)).toMatchObject({ status: 401, code: 'unauthenticated' });
  expect(answer.text).not.toContain('nightly');
});

it('a session that ends waits no longer', async () => {
  const wanted = { name: 'anna', role: 'viewer', partners: 'all' } as const;
  const { password } = await createUser(api.store, api.identityKeys, wanted, ACTOR);
  await api.store.db.user.update({
    where: { name: 'anna' },
    data: { passwordOneTime: false, passwordExpiresAt: null },
  });
  const place = { address: '127.0.0.1', client: 'spec' };
  const { token } = await signIn(api.store, api.identityKeys, { name: 'anna', password, ...place });
  const cookie = `__Host-waybill=${token}`;
  const where = { userId: (await api.store.db.user.findUniqueOrThrow({ where: { name: 'anna' } })).id };
  const lastSeenAt = new Date(Date.now() - 5 * 60_000);
  await api.store.db.session.updateMany({ where, data: { lastSeenAt } });
  const isSeen = async () => (await api.store.db.session.findFirstOrThrow({ where })).lastSeenAt > lastSeenAt;
  const answer = await wait({ cookie }, isSeen, () =>
    changeUser(api.store, 'anna', { disabled: true }, ACTOR),
  );
  expect(problemOf(answer)).toMatchObject({ status: 401, code: 'unauthenticated' });
});

it('who loses the partner while he waits is told what everybody is told who never had it', async () => {
  const headers = await makeKey('limited', { partners: ['acme', 'other'] });
  const held = api.call('GET', `/api/v1/runs/${run.id}?wait=2s`, undefined, { headers });
  await vi.waitFor(async () => expect(await isUsed('limited')()).toBe(true), 10_000);
  await api.store.db.apiKey.update({ where: { name: 'limited' }, data: { partners: [] } });
  const answer = await held;
  expect(problemOf(answer)).toMatchObject({ status: 404, code: 'not_found' });
  const nobody = await makeKey('nothing', { partners: ['other'] });
  await api.store.db.apiKey.update({ where: { name: 'nothing' }, data: { partners: [] } });
  const never = await api.call('GET', `/api/v1/runs/${run.id}`, undefined, { headers: nobody });
  expect(problemOf(answer).detail).toBe(problemOf(never).detail);
});

it('who may wait does so to the end of the run', async () => {
  const answer = await wait(await makeKey('patient'), isUsed('patient'), () =>
    api.ask('cancelRun', `/runs/${run.id}/cancel`, api.keys.operator, json({ reason: 'enough' })),
  );
  expect(JSON.parse(answer.text)).toMatchObject({ id: run.id, state: 'cancelled' });
});
