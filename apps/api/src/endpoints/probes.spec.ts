import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProbeObject } from '#contract';
import { claimProbe, finishProbe } from '#store';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const BELOW = '/endpoints/acme-ftps/probe';
const PATH = `/api/v1${BELOW}`;
const NO_SUCH_ID = '0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

describe('POST /endpoints/{name}/probe', () => {
  it.each(['viewer', 'auditor'] as const)('is refused to a %s, with no row', async (role) => {
    expect(problemOf(await api.call('POST', PATH, api.keys[role])).status).toBe(403);
    expect(await api.store.db.probe.count()).toBe(0);
  });

  it.each([['in'], ['../in'], ['/in\r\nDELE x'], [''], ['/a\u0000']])(
    'refuses the folder %j',
    async (folder) => {
      const answer = await api.call('POST', PATH, api.keys.operator, json({ folder }));
      expect(problemOf(answer).status).toBe(400);
      expect(await api.store.db.probe.count()).toBe(0);
    },
  );

  it('is 404 for an endpoint that does not exist, and for one never examined', async () => {
    const unknown = PATH.replace('acme-ftps', 'nope');
    expect(problemOf(await api.call('POST', unknown, api.keys.operator, json({}))).status).toBe(404);
    expect(problemOf(await api.call('GET', unknown, api.keys.viewer)).status).toBe(404);
    expect(problemOf(await api.call('GET', PATH, api.keys.viewer)).detail).toMatch(/never examined/);
    expect(problemOf(await api.call('GET', `/api/v1/probes/${NO_SUCH_ID}`, api.keys.viewer)).status).toBe(
      404,
    );
  });

  it('queues one, tells everybody what it has found so far, and refuses the next one in words', async () => {
    const asked = (await api.ask(
      'probeEndpoint',
      BELOW,
      api.keys.operator,
      json({ folder: '/in' }),
    )) as ProbeObject;
    expect(asked).toMatchObject({ endpoint: 'acme-ftps', state: 'queued', folder: '/in', findings: [] });
    const again = problemOf(await api.call('POST', PATH, api.keys.operator, json({})));
    expect(again).toMatchObject({ status: 409, code: 'probe_under_way' });
    expect(again.detail).toMatch(/waits for a worker/);

    const findings = [
      { step: 'name', outcome: 'failed' as const, says: 'No.', set: { 'tls.pins': ['sha256/x'] }, ms: 3 },
    ];
    await api.store.transaction((tx) => claimProbe(tx, 'w1', 60_000));
    await api.store.transaction((tx) => finishProbe(tx, asked.id, 'w1', { findings, profile: null }));
    for (const [id, path] of [
      ['getProbe', `/probes/${asked.id}`],
      ['getLastProbe', BELOW],
    ] as const)
      expect(await api.ask(id, path, api.keys.viewer)).toMatchObject({
        id: asked.id,
        state: 'done',
        findings,
      });

    const soon = problemOf(await api.call('POST', PATH, api.keys.admin, json({})));
    expect(soon).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect(soon.detail).toMatch(/Ask again in \d+ s/);
  });

  it('is an audit event with the name of who asked', async () => {
    const events = await api.store.db.auditEvent.findMany({ where: { action: 'endpoint.probe_requested' } });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      object: 'endpoint',
      objectId: 'acme-ftps',
      actorKind: 'api_key',
      details: { folder: '/in' },
    });
  });
});
