import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type RunRecorder } from '#audit';
import type { Identity } from '#identity';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import type { ApiParts } from '../api-parts.ts';
import type { WaybillRequest } from '../http/operation.ts';
import { RunWaits } from './run-waits.ts';

const IDENTITY: Identity = {
  name: 'spec',
  role: 'viewer',
  actor: { kind: 'api_key', name: 'spec' },
  partners: 'all',
  routes: 'all',
};

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

function waitsCounting(): { waits: RunWaits; questions: () => number } {
  let asked = 0;
  const db = new Proxy(api.store.db, {
    get(target, name) {
      if (name === '$queryRaw') asked++;
      return Reflect.get(target, name) as unknown;
    },
  });
  const parts = { store: { ...api.store, db }, log: api.log } as unknown as ApiParts;
  return { waits: new RunWaits(parts, { findStillAllowed: async () => IDENTITY }), questions: () => asked };
}

async function aRun(recorder: RunRecorder): Promise<string> {
  const requestedBy = { kind: 'user', name: 'test' } as const;
  const { run } = await recorder.createRun({ routeName: 'nightly', trigger: 'operator', requestedBy });
  return run.id;
}

const requestOf = (name: string, headers: object = {}) =>
  ({ headers, identity: { ...IDENTITY, name, actor: { kind: 'api_key', name } } }) as WaybillRequest;
const listening = { request: requestOf('spec'), gone: new AbortController().signal };
/** So many callers that none has more places than one may have. */
const byTurns = (index: number) => requestOf(`caller-${index % 10}`);

it('asks one question for all who wait, and none when nobody does', async () => {
  const { waits, questions } = waitsCounting();
  const ids = await Promise.all(Array.from({ length: 10 }, () => aRun(api.recorder)));
  const all = Promise.all(
    Array.from({ length: 400 }, (_, index) =>
      waits.untilFinished(ids[index % 10]!, 1_000, { ...listening, request: byTurns(index) }),
    ),
  );
  expect(waits.count).toBe(400);
  await all;
  expect(questions()).toBeLessThan(10);
  expect(waits.count).toBe(0);
  const after = questions();
  await vi.waitFor(() => expect(waits.count).toBe(0));
  await api.store.now();
  expect(questions() - after).toBeLessThanOrEqual(1);
});

it('ends with the client, and holds no more than 500', async () => {
  const { waits } = waitsCounting();
  const clients = Array.from({ length: 500 }, () => new AbortController());
  const held = clients.map((client, index) =>
    waits.untilFinished(randomUUID(), 30_000, { request: byTurns(index), gone: client.signal }),
  );
  expect(waits.count).toBe(500);
  await waits.untilFinished(randomUUID(), 30_000, listening);
  for (const client of clients) client.abort();
  await Promise.all(held);
  expect(waits.count).toBe(0);
});

it('holds no more than 50 of one identity, so that there are places for the others', async () => {
  const { waits } = waitsCounting();
  const greedy = Array.from({ length: 60 }, () => waits.untilFinished(randomUUID(), 30_000, listening));
  expect(waits.count).toBe(50);
  const other = waits.untilFinished(randomUUID(), 30_000, { ...listening, request: requestOf('other') });
  expect(waits.count).toBe(51);
  waits.onModuleDestroy();
  await Promise.all([...greedy, other]);
});

it('lets go of all when the api closes', async () => {
  const { waits } = waitsCounting();
  const held = Array.from({ length: 3 }, () => waits.untilFinished(randomUUID(), 30_000, listening));
  waits.onModuleDestroy();
  await Promise.all(held);
  await waits.untilFinished(randomUUID(), 30_000, listening);
  expect(waits.count).toBe(0);
});

it('asks for each key once whether it may still wait, and lets go of those that may not', async () => {
  const asked: (string | undefined)[] = [];
  const parts = {
    store: api.store,
    log: api.log,
    streams: { lookAtRightsEveryMs: 0 },
  } as unknown as ApiParts;
  const findStillAllowed = async ({ headers: { authorization } }: WaybillRequest) => {
    asked.push(authorization);
    return authorization === 'revoked' ? undefined : IDENTITY;
  };
  const waits = new RunWaits(parts, { findStillAllowed });
  const hold = (authorization: string) =>
    waits.untilFinished(randomUUID(), 30_000, {
      ...listening,
      request: requestOf(authorization, { authorization }),
    });
  const live = Array.from({ length: 20 }, () => hold('live'));
  await Promise.all(Array.from({ length: 20 }, () => hold('revoked')));
  expect(waits.count).toBe(20);
  expect(asked.filter((key) => key === 'revoked').length).toBeLessThan(3);
  waits.onModuleDestroy();
  await Promise.all(live);
});
