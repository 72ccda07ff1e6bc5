import { afterAll, beforeAll, expect, it } from 'vitest';
import { newestPosition, type Scope, type StreamedPage } from '#store';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { EventFeed, type FeedListener } from './event-feed.ts';
import type { RunPicture } from './progress-board.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

async function aListener(
  scope: Scope,
): Promise<FeedListener & { actions: string[]; runs: string[]; pictures: RunPicture[] }> {
  let position = await newestPosition(api.store.db);
  const [actions, runs, pictures]: [string[], string[], RunPicture[]] = [[], [], []];
  return {
    scope,
    actions,
    runs,
    pictures,
    get position() {
      return position;
    },
    hear({ events, readTo }: StreamedPage) {
      actions.push(...events.map(({ action }) => action));
      position = readTo;
    },
    wantsProgressOf: () => true,
    hearProgress(picture: RunPicture) {
      runs.push(picture.runId);
      pictures.push(picture);
    },
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

it('tells of files under way without a word of the audit, counts their run once, and tells that they are gone', async () => {
  const { id: runId } = (await api.ask('triggerRun', '/routes/nightly/runs')) as { id: string };
  const { db } = api.store;
  const { routeId } = await db.run.findUniqueOrThrow({ where: { id: runId } });
  const begin = async (place: number, endpoint = 'acme-ftps') => {
    const { id } = await db.transfer.create({
      data: {
        ...{ runId, routeId, sourceEndpoint: endpoint, sourcePath: `/out/${place}`, sourceSizeBytes: 100n },
        ...{ sourceModified: '1', destinationEndpoint: 'inbox', destinationPath: `/in/${place}` },
        ...{ state: 'streaming', fence: 1, leaseOwner: 'w', leaseUntil: new Date(Date.now() + 60_000) },
        startedAt: new Date(2026, 0, 1, 0, 0, place),
      },
    });
    const told = { transferId: id, fence: 1, lane: 0, phase: 'stream', streamedBytes: 10n, at: new Date() };
    await db.transferProgress.create({ data: told });
    return id;
  };
  const elsewhere = await begin(0, 'a place of somebody else');
  const files = await Promise.all(Array.from({ length: 50 }, (_, place) => begin(place + 1)));
  let counted = 0;
  const watched = new Proxy(db, {
    get(target, name, receiver) {
      if (name !== '$queryRaw') return Reflect.get(target, name, receiver) as unknown;
      return (text: TemplateStringsArray, ...values: unknown[]) => {
        if (text.join('').includes('jsonb_object_agg')) counted++;
        return target.$queryRaw(text, ...values);
      };
    },
  });
  const feed = new EventFeed({ ...api.store, db: watched }, api.log, 10);
  const listeners = [
    await aListener({ partners: 'all', routes: 'all' }),
    await aListener({ partners: ['acme'], routes: 'all' }),
    await aListener({ partners: ['other'], routes: 'all' }),
  ] as const;
  const [all, acme, other] = listeners;
  for (const listener of listeners) feed.join(listener);
  const newest = [...files].reverse();
  const filesOf = ({ pictures }: typeof all) => pictures.at(-1)?.underWay.map(({ transferId }) => transferId);
  await expect.poll(() => [filesOf(all), filesOf(acme)]).toEqual([newest, newest]);
  await db.transferProgress.update({
    where: { transferId: newest[0]! },
    data: { streamedBytes: 20n, at: new Date() },
  });
  await expect.poll(() => all.pictures.at(-1)?.underWay[0]?.streamedBytes, { timeout: 5_000 }).toBe(20n);
  expect(counted).toBe(1);
  // The file of somebody else's place is among the newest by now, for those who may see it.
  await db.transferProgress.updateMany({ where: { transferId: { in: files } }, data: { at: new Date(0) } });
  await expect.poll(() => filesOf(all), { timeout: 5_000 }).toEqual([elsewhere]);
  await expect.poll(() => filesOf(acme)).toEqual([]);
  await db.transfer.update({ where: { id: elsewhere }, data: { leaseUntil: new Date(0) } });
  await expect.poll(() => filesOf(all), { timeout: 5_000 }).toEqual([]);
  expect([counted, other.pictures]).toEqual([1, []]);
  for (const listener of listeners) feed.leave(listener);
});
