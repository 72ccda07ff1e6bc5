import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type RunRecorder } from '#audit';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import type { ApiParts } from '../api-parts.ts';
import { RunWaits } from './run-waits.ts';

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
  return { waits: new RunWaits(parts), questions: () => asked };
}

async function aRun(recorder: RunRecorder): Promise<string> {
  const requestedBy = { kind: 'user', name: 'test' } as const;
  const { run } = await recorder.createRun({ routeName: 'nightly', trigger: 'operator', requestedBy });
  return run.id;
}

const never = new AbortController().signal;

it('asks one question for all who wait, and none when nobody does', async () => {
  const { waits, questions } = waitsCounting();
  const ids = await Promise.all(Array.from({ length: 10 }, () => aRun(api.recorder)));
  const all = Promise.all(
    Array.from({ length: 400 }, (_, index) => waits.untilFinished(ids[index % 10]!, 1_000, never)),
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
  const held = clients.map((client) => waits.untilFinished(randomUUID(), 30_000, client.signal));
  expect(waits.count).toBe(500);
  await waits.untilFinished(randomUUID(), 30_000, never);
  for (const client of clients) client.abort();
  await Promise.all(held);
  expect(waits.count).toBe(0);
});

it('lets go of all when the api closes', async () => {
  const { waits } = waitsCounting();
  const held = Array.from({ length: 3 }, () => waits.untilFinished(randomUUID(), 30_000, never));
  waits.onModuleDestroy();
  await Promise.all(held);
  await waits.untilFinished(randomUUID(), 30_000, never);
  expect(waits.count).toBe(0);
});
