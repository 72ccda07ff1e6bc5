import { afterAll, beforeAll, expect, it } from 'vitest';
import { newestPosition, type RunProgress, type Scope, type StreamedPage } from '#store';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { EventFeed, type FeedListener } from './event-feed.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

async function aListener(scope: Scope): Promise<FeedListener & { actions: string[]; runs: string[] }> {
  let position = await newestPosition(api.store.db);
  const [actions, runs]: [string[], string[]] = [[], []];
  return {
    scope,
    actions,
    runs,
    get position() {
      return position;
    },
    hear({ events, readTo }: StreamedPage) {
      actions.push(...events.map(({ action }) => action));
      position = readTo;
    },
    wantsProgressOf: () => true,
    hearProgress: ({ runId }: RunProgress) => void runs.push(runId),
  };
}

it('tells each listener what is within its reach, and those of another partner nothing', async () => {
  const feed = new EventFeed(api.store, api.log, 10);
  const all = await aListener({ partners: 'all', routes: 'all' });
  const acme = await aListener({ partners: ['acme'], routes: 'all' });
  const other = await aListener({ partners: ['other'], routes: 'all' });
  const hourly = await aListener({ partners: 'all', routes: ['hourly'] });
  for (const listener of [all, acme, other, hourly]) expect(feed.join(listener)).toBe(true);
  const { id } = (await api.ask('triggerRun', '/routes/nightly/runs')) as { id: string };
  await expect.poll(() => [all.runs, acme.runs]).toEqual([[id], [id]]);
  expect([all.actions, acme.actions]).toEqual([['run.requested'], ['run.requested']]);
  expect([other.actions, hourly.actions, other.runs, hourly.runs]).toEqual([[], [], [], []]);
  for (const listener of [all, acme, other, hourly]) feed.leave(listener);
});

it('asks the database once, however many listen, and not at all when nobody does', async () => {
  let asked = 0;
  const db = new Proxy(api.store.db, {
    get(target, name, receiver) {
      if (name === '$queryRaw') asked++;
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  const feed = new EventFeed({ ...api.store, db }, api.log, 10);
  const listeners = await Promise.all(
    Array.from({ length: 50 }, () => aListener({ partners: 'all', routes: 'all' })),
  );
  for (const listener of listeners) feed.join(listener);
  await expect.poll(() => asked).toBeGreaterThan(0);
  const before = asked;
  await api.ask('triggerRun', '/routes/nightly/runs');
  await expect.poll(() => listeners.every(({ actions }) => actions.length === 1)).toBe(true);
  for (const listener of listeners) feed.leave(listener);
  const spent = asked - before;
  expect(spent).toBeLessThan(50);
  const afterwards = asked;
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, 60);
  await promise;
  expect(asked - afterwards).toBeLessThanOrEqual(1);
});

it('sends whoever is behind to read for himself first', async () => {
  const feed = new EventFeed(api.store, api.log, 10);
  const late = await aListener({ partners: 'all', routes: 'all' });
  await api.ask('triggerRun', '/routes/nightly/runs');
  const early = await aListener({ partners: 'all', routes: 'all' });
  expect(feed.join(early)).toBe(true);
  expect(feed.join(late)).toBe(false);
  feed.leave(early);
});
