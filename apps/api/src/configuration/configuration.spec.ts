import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Fire, Page } from '#contract';
import { applyConfiguration } from '#store';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

const names = (page: unknown) => (page as Page<{ name: string }>).items.map(({ name }) => name);

it('shows partners, endpoints and routes by name, with the fields of the file', async () => {
  expect(names(await api.ask('listPartners', '/partners', api.keys.viewer))).toEqual(['acme', 'other']);
  const endpoints = (await api.ask('listEndpoints', '/endpoints')) as Page<{ name: string }>;
  expect(endpoints.items).toEqual(SAMPLE.endpoints.map((endpoint) => ({ ...endpoint, paused: null })));
  const routes = (await api.ask('listRoutes', '/routes')) as Page<{ name: string }>;
  const wanted = SAMPLE.routes.map((route) => ({
    ...route,
    partners: ['acme'],
    nextFireAt: null,
    paused: null,
  }));
  expect(routes.items).toEqual(wanted.toSorted((a, b) => a.name.localeCompare(b.name)));
});

it('shows an endpoint with the names of the file, whatever the engine calls them', async () => {
  const [ours] = SAMPLE.endpoints;
  if (ours?.protocol !== 'ftps') throw new Error('the sample begins with the partner');
  const old = { ...ours, name: 'old', protocol: 'ftp' as const, mode: 'plain' as const };
  const active = { ...ours, name: 'reaches-us', active: { firstPort: 50_000, lastPort: 50_100 } };
  await api.store.transaction((tx) =>
    applyConfiguration(tx, { partners: [], endpoints: [old, active], routes: [] }, { firstFire: () => null }),
  );
  const page = (await api.ask('listEndpoints', '/endpoints')) as Page<{ name: string }>;
  const shown = (name: string) => page.items.find((endpoint) => endpoint.name === name);
  expect(shown('old')).toMatchObject({ protocol: 'ftp', port: 21 });
  expect(Object.keys(shown('old')!)).not.toContain('tls');
  expect(shown('reaches-us')).toMatchObject({ protocol: 'ftps', active: { ports: '50000-50100' } });
});

it('pages by name', async () => {
  const first = (await api.ask('listRoutes', '/routes?limit=2')) as Page<{ name: string }>;
  expect(names(first)).toEqual(['asleep', 'hourly']);
  expect(names(await api.ask('listRoutes', `/routes?limit=2&cursor=${first.nextCursor}`))).toEqual([
    'nightly',
  ]);
});

it('shows what became of the fires of a schedule', async () => {
  const schedule = await api.store.db.schedule.findFirstOrThrow();
  await api.store.db.fire.create({
    data: {
      scheduleId: schedule.id,
      dueAt: new Date('2026-11-21T10:00:00Z'),
      outcome: 'skipped',
      reason: 'overlap',
    },
  });
  expect(await api.ask('listFires', '/fires?route=hourly', api.keys.viewer)).toMatchObject({
    items: [
      {
        route: 'hourly',
        dueAt: '2026-11-21T10:00:00.000Z',
        outcome: 'skipped',
        reason: 'overlap',
        runId: null,
      },
    ],
  });
  expect(names(await api.ask('listFires', '/fires?route=nightly'))).toEqual([]);
  const found = async (query: string) =>
    ((await api.ask('listFires', `/fires?${query}`)) as Page<Fire>).items.length;
  for (const query of [
    'partner=acme',
    'outcome=skipped',
    'since=2026-11-21T10:00:00Z&until=2026-11-21T10:00:00Z',
  ])
    expect([query, await found(query)]).toEqual([query, 1]);
  for (const query of [
    'partner=other',
    'outcome=run',
    'since=2026-11-21T10:00:01Z',
    'until=2026-11-21T09:59:59Z',
  ])
    expect([query, await found(query)]).toEqual([query, 0]);
});

it('pages the audit from the latest event backwards', async () => {
  const first = (await api.ask('listAuditEvents', '/audit/events?limit=3', api.keys.auditor)) as Page<{
    id: string;
  }>;
  const path = `/audit/events?limit=3&cursor=${first.nextCursor}`;
  const second = (await api.ask('listAuditEvents', path, api.keys.auditor)) as Page<{ id: string }>;
  const ids = [...first.items, ...second.items].map(({ id }) => Number(id));
  expect(ids).toEqual(ids.toSorted((a, b) => b - a));
  expect(new Set(ids).size).toBe(ids.length);
});
