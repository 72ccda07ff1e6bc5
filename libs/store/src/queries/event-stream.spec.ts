import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { applySample, aRoute, insertRun, insertTransfer } from '../../testing/sample-rows.ts';
import {
  comparePositions,
  type EventPosition,
  findEventsWithin,
  findRunsWithin,
  liesFarBack,
  newestPosition,
  openStore,
  readEvents,
  readProgress,
  type Store,
} from '../index.ts';

let database: TestDatabase;
let store: Store;
let runId: string;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  runId = await store.transaction(async (tx) => {
    await applySample(tx, [aRoute('nightly')]);
    return insertRun(tx, 'nightly');
  });
});
afterAll(async () => {
  await store.close();
  await database.stop();
});

/** A transaction that is ended by hand. */
async function aWriter() {
  const client = new pg.Client({ connectionString: database.appUrl });
  await client.connect();
  const say = async (action: string, object = 'run', objectId = runId) => {
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, run_id, details)
       VALUES ('system', 'spec', $1, $2, $3, $4, '{"code": "disk_full"}') RETURNING id`,
      [action, object, objectId, object === 'run' ? objectId : null],
    );
    return BigInt(rows[0]!.id);
  };
  return {
    begin: () => client.query('BEGIN'),
    say,
    commit: () => client.query('COMMIT'),
    rollback: () => client.query('ROLLBACK'),
    end: () => client.end(),
  };
}

const idsOf = (events: readonly { position: EventPosition }[]) => events.map(({ position }) => position.id);

describe('events in their final order', () => {
  test('one that is committed late is neither passed over nor told twice, though a later one was there before', async () => {
    const [early, late] = [await aWriter(), await aWriter()];
    let place = await newestPosition(store.db);
    await early.begin();
    const first = await early.say('run.planning');
    await late.begin();
    const second = await late.say('run.planned');
    await late.commit();
    const meanwhile = await readEvents(store.db, place, { limit: 10 });
    expect(meanwhile.events).toEqual([]);
    place = meanwhile.readTo;
    await early.commit();
    const page = await readEvents(store.db, place, { limit: 10 });
    expect(idsOf(page.events)).toEqual([first, second]);
    expect((await readEvents(store.db, page.readTo, { limit: 10 })).events).toEqual([]);
    expect(idsOf((await readEvents(store.db, page.events[0]!.position, { limit: 10 })).events)).toEqual([
      second,
    ]);
    await Promise.all([early.end(), late.end()]);
  });

  test('one with a lower id and a younger transaction comes after, for readers of before and of afterwards', async () => {
    const [older, younger] = [await aWriter(), await aWriter()];
    const start = await newestPosition(store.db);
    await older.begin();
    const opening = await older.say('run.planning');
    await younger.begin();
    const lower = await younger.say('run.planned');
    const higher = await older.say('run.failed');
    expect(higher).toBeGreaterThan(lower);
    await younger.commit();
    await older.commit();
    const told = [opening, higher, lower];
    const page = await readEvents(store.db, start, { limit: 10 });
    expect(idsOf(page.events)).toEqual(told);
    for (const [index, { position }] of page.events.entries())
      expect(idsOf((await readEvents(store.db, position, { limit: 10 })).events)).toEqual(
        told.slice(index + 1),
      );
    await Promise.all([older.end(), younger.end()]);
  });

  test('what many write at once, some of it undone, reaches a reader who looks all the while exactly once', async () => {
    const start = await newestPosition(store.db);
    const written: bigint[] = [];
    let writing = true;
    const writers = Array.from({ length: 6 }, async (_, which) => {
      const writer = await aWriter();
      for (let round = 0; round < 40; round++) {
        await writer.begin();
        const ids: bigint[] = [];
        for (let count = 0; count <= (which + round) % 4; count++) ids.push(await writer.say('run.planning'));
        if ((which + round) % 5 === 0) await writer.rollback();
        else {
          await writer.commit();
          written.push(...ids);
        }
      }
      await writer.end();
    });
    const ended = Promise.all(writers).then(() => {
      writing = false;
    });
    const told: EventPosition[] = [];
    let place = start;
    for (let last = false; ; last = !writing) {
      const page = await readEvents(store.db, place, { limit: 7 });
      told.push(...page.events.map(({ position }) => position));
      place = page.readTo;
      if (last && page.events.length === 0) break;
    }
    await ended;
    expect(told.map(({ id }) => id).sort()).toEqual(written.sort());
    for (const [index, position] of told.slice(1).entries())
      expect(comparePositions(told[index]!, position)).toBe(-1);
  });

  test('the number of its transaction is the database’s word: nobody may write it', async () => {
    const client = new pg.Client({ connectionString: database.appUrl });
    await client.connect();
    const forged = client.query(
      `INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, details, transaction_id)
       VALUES ('system', 'spec', 'run.failed', 'run', 'x', '{}', 1)`,
    );
    await expect(forged).rejects.toThrow('permission denied');
    await client.end();
  });
});

describe('what is told', () => {
  test('an event with its route, its size and what came with it; nothing of people, keys and secrets', async () => {
    const start = await newestPosition(store.db);
    const writer = await aWriter();
    await writer.say('api_key.created', 'api_key', randomUUID());
    await writer.say('endpoint.updated', 'endpoint', 'acme-ftps');
    const id = await writer.say('run.failed');
    await writer.end();
    const { events } = await readEvents(store.db, start, { limit: 10 });
    expect(events).toEqual([
      {
        position: { transaction: expect.any(BigInt), id },
        at: expect.any(Date),
        action: 'run.failed',
        object: 'run',
        objectId: runId,
        runId,
        transferId: null,
        route: 'nightly',
        endpoint: null,
        sizeBytes: null,
        details: { code: 'disk_full' },
      },
    ]);
  });

  test('of one run only, where that is asked for', async () => {
    const start = await newestPosition(store.db);
    const other = await store.transaction((tx) => insertRun(tx, 'nightly'));
    const writer = await aWriter();
    await writer.say('run.planning');
    const own = await writer.say('run.planning', 'run', other);
    await writer.end();
    expect(idsOf((await readEvents(store.db, start, { limit: 10, runId: other })).events)).toEqual([own]);
  });

  test('to whom it concerns: another partner hears and finds nothing', async () => {
    const start = await newestPosition(store.db);
    const writer = await aWriter();
    const id = await writer.say('run.planning');
    await writer.end();
    const [acme, other] = ['acme', 'other'].map((name) => ({ partners: [name], routes: 'all' as const }));
    expect(idsOf((await readEvents(store.db, start, { limit: 10, scope: acme! })).events)).toEqual([id]);
    expect((await readEvents(store.db, start, { limit: 10, scope: other! })).events).toEqual([]);
    expect(await findEventsWithin(store.db, acme!, [id])).toEqual(new Set([id]));
    expect(await findEventsWithin(store.db, other!, [id])).toEqual(new Set());
    expect(await findRunsWithin(store.db, acme!, [runId])).toEqual(new Set([runId]));
    expect(await findRunsWithin(store.db, other!, [runId])).toEqual(new Set());
    expect(await findRunsWithin(store.db, { partners: 'all', routes: ['hourly'] }, [runId])).toEqual(
      new Set(),
    );
  });

  test('how far a run has come', async () => {
    const run = await store.transaction(async (tx) => {
      const id = await insertRun(tx, 'nightly');
      await insertTransfer(tx, id);
      await insertTransfer(tx, id);
      return id;
    });
    expect(await readProgress(store.db, [run, runId])).toEqual(
      expect.arrayContaining([
        { runId: run, state: 'queued', route: 'nightly', counts: { planned: 2 }, deliveredBytes: 0n },
        { runId, state: 'queued', route: 'nightly', counts: {}, deliveredBytes: 0n },
      ]),
    );
    expect(await readProgress(store.db, [])).toEqual([]);
  });

  test('whether somebody is too far behind', async () => {
    const start = await newestPosition(store.db);
    const writer = await aWriter();
    for (let count = 0; count < 3; count++) await writer.say('run.planning');
    await writer.end();
    expect(await liesFarBack(store.db, start, 3)).toBe(false);
    expect(await liesFarBack(store.db, start, 2)).toBe(true);
  });
});
