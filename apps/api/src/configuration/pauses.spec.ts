import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page, Pause } from '#contract';
import { applyConfiguration } from '#store';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

interface Paused {
  name: string;
  paused: Pause | null;
}

describe.each([
  ['route', 'nightly', 'pauseRoute', 'resumeRoute', 'listRoutes'],
  ['endpoint', 'acme-ftps', 'pauseEndpoint', 'resumeEndpoint', 'listEndpoints'],
] as const)('a %s', (noun, name, pause, resume, list) => {
  const path = `/${noun}s/${name}`;
  const shown = async () => {
    const page = (await api.ask(list, `/${noun}s`, api.keys.viewer)) as Page<Paused>;
    return page.items.find((item) => item.name === name)?.paused;
  };

  it('is paused with a reason, shows it, and rings what waited when it goes on', async () => {
    const paused = (await api.ask(
      pause,
      `${path}/pause`,
      api.keys.operator,
      json({ reason: 'their server moves' }),
    )) as Paused;
    expect(paused.paused).toMatchObject({ by: 'operator', reason: 'their server moves' });
    expect(await shown()).toEqual(paused.paused);
    const run = (await api.ask('triggerRun', '/routes/nightly/runs', api.keys.operator)) as { id: string };
    const before = api.rung.length;
    expect(await api.ask(resume, `${path}/resume`, api.keys.operator)).toMatchObject({ name, paused: null });
    expect(await shown()).toBeNull();
    expect(api.rung.slice(before)).toContainEqual(expect.objectContaining({ runId: run.id, lane: 0 }));
    await api.recorder.cancelRun(run.id, { kind: 'user', name: 'test' }, 'test');
  });

  it('is not paused twice, nor resumed when it is not paused', async () => {
    const post = (verb: string, body = {}) =>
      api.call('POST', `/api/v1${path}/${verb}`, api.keys.operator, json(body));
    expect(problemOf(await post('resume'))).toMatchObject({ status: 409, code: 'not_paused' });
    expect((await post('pause', { reason: 'first' })).status).toBe(200);
    expect(problemOf(await post('pause', { reason: 'second' }))).toMatchObject({
      code: 'already_paused',
      detail: expect.stringContaining('by operator: first'),
    });
    expect((await post('resume')).status).toBe(200);
  });

  it('stays paused when new settings are applied', async () => {
    await api.ask(pause, `${path}/pause`, api.keys.operator, json({ reason: 'their server moves' }));
    const changed = {
      partners: [],
      endpoints: SAMPLE.endpoints.map((endpoint) => ({ ...endpoint, maxSessions: 7 })),
      routes: SAMPLE.routes.map((route) => ({ ...route, priority: 2 })),
    };
    for (const settings of [changed, SAMPLE])
      await api.store.transaction((tx) => applyConfiguration(tx, settings, { firstFire: () => null }));
    expect(await shown()).toMatchObject({ reason: 'their server moves' });
    await api.ask(resume, `${path}/resume`, api.keys.operator);
  });

  it.each([[{}], [{ reason: '' }], [{ reason: ' \n' }], [{ reason: 'x', until: 'y' }]])(
    'is not paused by %j',
    async (body) => {
      const answer = await api.call('POST', `/api/v1${path}/pause`, api.keys.operator, json(body));
      expect(problemOf(answer).code).toBe('invalid_request');
      expect(await shown()).toBeNull();
    },
  );

  it('that nobody knows is not found', async () => {
    const answer = await api.call(
      'POST',
      `/api/v1/${noun}s/nobody/pause`,
      api.keys.operator,
      json({ reason: 'x' }),
    );
    expect(problemOf(answer)).toMatchObject({ code: 'not_found', detail: expect.stringContaining('nobody') });
  });
});
