import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openIncident, type Problem } from '#audit';
import type { Incident, Page } from '#contract';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

let opened = 0;
function open(changes: Partial<Problem> = {}): Promise<string> {
  return api.store.transaction((tx) =>
    openIncident(tx, {
      kind: 'run_failed',
      object: 'route',
      objectId: `route-${++opened}`,
      actor: { kind: 'worker', name: 'worker-1' },
      route: 'nightly',
      summary: 'A run of nightly failed.',
      errorCode: 'auth_rejected',
      ...changes,
    }),
  );
}

const listed = async (query: string) =>
  ((await api.ask('listIncidents', `/incidents?${query}`, api.keys.viewer)) as Page<Incident>).items.map(
    ({ id }) => id,
  );

describe('GET /incidents', () => {
  it('shows what happened in a sentence, newest first, and the same by its id', async () => {
    const first = await open();
    const second = await open({ endpoint: 'acme-ftps' });
    expect((await listed('limit=2')).slice(0, 2)).toEqual([second, first]);
    expect(await api.ask('getIncident', `/incidents/${second}`, api.keys.viewer)).toMatchObject({
      id: second,
      kind: 'run_failed',
      state: 'open',
      route: 'nightly',
      endpoint: 'acme-ftps',
      summary: 'A run of nightly failed.',
      occurrences: 1,
      error: { code: 'auth_rejected', sentence: expect.stringContaining('password') },
    });
  });

  it('finds them by state, kind, route and endpoint', async () => {
    const id = await open({ kind: 'login_refused', endpoint: 'inbox', route: 'hourly' });
    expect(await listed('kind=login_refused')).toEqual([id]);
    expect(await listed('endpoint=inbox')).toEqual([id]);
    expect(await listed('route=hourly')).toEqual([id]);
    expect(await listed('state=acknowledged')).toEqual([]);
    expect(await listed('state=unresolved')).toContain(id);
    expect(await listed('state=resolved')).not.toContain(id);
  });

  it('pages without losing or repeating one', async () => {
    const made = await Promise.all(Array.from({ length: 7 }, () => open({ route: 'asleep' })));
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = (await api.ask(
        'listIncidents',
        `/incidents?route=asleep&limit=2${cursor && `&cursor=${cursor}`}`,
      )) as Page<Incident>;
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen.toSorted()).toEqual(made.toSorted());
  });
});

describe('an answer to an incident', () => {
  it('is shown with who gave it, and recorded', async () => {
    const id = await open();
    const { operator } = api.keys;
    expect(
      await api.ask('acknowledgeIncident', `/incidents/${id}/ack`, operator, json({ note: 'on it' })),
    ).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'operator' });
    expect(
      await api.ask('snoozeIncident', `/incidents/${id}/snooze`, operator, json({ until: '2999-01-01' })),
    ).toMatchObject({ state: 'snoozed', snoozedUntil: '2999-01-01T00:00:00.000Z' });
    expect(
      await api.ask('resolveIncident', `/incidents/${id}/resolve`, operator, json({ reason: 'fixed' })),
    ).toMatchObject({ state: 'resolved', resolvedBy: 'operator', resolution: 'fixed', snoozedUntil: null });
    const events = (await api.ask(
      'listAuditEvents',
      `/audit/events?object=incident&objectId=${id}`,
      api.keys.auditor,
    )) as Page<{ action: string; details: Record<string, unknown> }>;
    expect(events.items.map(({ action }) => action)).toEqual([
      'incident.resolved',
      'incident.snoozed',
      'incident.acknowledged',
      'incident.opened',
    ]);
    expect(events.items[2]!.details).toMatchObject({ note: 'on it' });
  });

  it('puts it aside only until its time: then it is open again without anybody waking up', async () => {
    const id = await open();
    await api.ask(
      'snoozeIncident',
      `/incidents/${id}/snooze`,
      api.keys.operator,
      json({ until: '2999-01-01' }),
    );
    expect(await listed('state=snoozed')).toContain(id);
    expect(await listed('state=open')).not.toContain(id);
    await api.store.db.incident.update({ where: { id }, data: { snoozedUntil: new Date(0) } });
    expect(await listed('state=snoozed')).not.toContain(id);
    expect(await listed('state=open')).toContain(id);
    expect(await api.ask('getIncident', `/incidents/${id}`)).toMatchObject({
      state: 'open',
      snoozedUntil: null,
    });
  });

  it.each([
    ['a resolution without a reason', 'resolve', {}],
    ['a resolution for no reason', 'resolve', { reason: '  ' }],
    ['a snooze without end', 'snooze', { note: 'x' }],
    ['a snooze until some day', 'snooze', { until: 'tomorrow' }],
  ])('%s is refused', async (_, verb, body) => {
    const id = await open();
    const answer = await api.call('POST', `/api/v1/incidents/${id}/${verb}`, api.keys.operator, json(body));
    expect(problemOf(answer).code).toBe('invalid_request');
  });

  it('comes once: a resolved incident takes no more', async () => {
    const id = await open();
    await api.ask('resolveIncident', `/incidents/${id}/resolve`, api.keys.operator, json({ reason: 'over' }));
    const again = await api.call('POST', `/api/v1/incidents/${id}/ack`, api.keys.operator);
    expect(problemOf(again)).toMatchObject({
      status: 409,
      code: 'incident_conflict',
      detail: expect.stringContaining('is resolved'),
    });
  });
});
