import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { applySample } from '../../testing/sample-rows.ts';
import {
  EVERYTHING,
  type EventPlace,
  type EventRange,
  openStore,
  readEventPiece,
  type Scope,
  type Store,
} from '../index.ts';

let database: TestDatabase;
let store: Store;
let writer: pg.Client;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  await store.transaction((tx) => applySample(tx));
  // The app itself cannot say when something was recorded.
  writer = new pg.Client({ connectionString: database.superuserUrl });
  await writer.connect();
});
afterAll(async () => {
  await writer?.end();
  await store?.close();
  await database?.stop();
});

const FROM = new Date('2026-03-01T00:00:00Z');
const TO = new Date('2026-03-02T00:00:00Z');

async function write(at: string, name: string, object: string, objectId: string): Promise<void> {
  await writer.query(
    `INSERT INTO audit_event (at, actor_kind, actor_name, action, object, object_id, details)
     VALUES ($1, 'system', 'spec', $2, $3, $4, '{"n": 1}')`,
    [at, name, object, objectId],
  );
}

async function readAll(range: EventRange, size: number, scope: Scope = EVERYTHING): Promise<string[][]> {
  const pieces: string[][] = [];
  for (let after: EventPlace | null = null, last = false; !last; ) {
    const piece = await readEventPiece(store.db, scope, range, { after, size });
    pieces.push(piece.events.map(({ action }) => action));
    after = piece.next;
    last = after === null;
  }
  return pieces;
}

test('a range is read in pieces, oldest first: equal moments and microseconds are told apart', async () => {
  await write('2026-02-28T23:59:59.999999Z', 'x.before', 'route', 'nightly');
  for (const [at, name] of [
    ['2026-03-01T00:00:00.000001Z', 'x.second'],
    ['2026-03-01T00:00:00.000000Z', 'x.first'],
    ['2026-03-01T00:00:00.000002Z', 'x.third'],
    ['2026-03-01T12:00:00Z', 'x.fourth'],
    ['2026-03-01T12:00:00Z', 'x.fifth'],
    ['2026-03-01T12:00:00Z', 'x.sixth'],
    ['2026-03-01T23:59:59.999999Z', 'x.last'],
    ['2026-03-02T00:00:00Z', 'x.after'],
  ] as const)
    await write(at, name, 'route', 'nightly');
  const expected = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'last'].map(
    (name) => `x.${name}`,
  );
  for (const size of [1, 2, 3, 7, 100]) {
    const pieces = await readAll({ from: FROM, to: TO }, size);
    expect(pieces.flat(), `${size} at a time`).toEqual(expected);
    for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(size);
  }
  expect((await readAll({ to: TO }, 4)).flat()).toEqual(['x.before', ...expected]);
  expect(await readAll({ from: TO, to: FROM }, 4)).toEqual([[]]);
});

test('what is outside of a scope is left out, and the reading goes on behind it', async () => {
  const [from, to] = [new Date('2026-04-01T00:00:00Z'), new Date('2026-04-02T00:00:00Z')];
  for (let n = 10; n < 30; n++)
    await write(`2026-04-01T00:00:${n}Z`, 'x.theirs', 'secret', `secret-${randomUUID()}`);
  await write('2026-04-01T00:01:00Z', 'x.ours', 'route', 'nightly');
  const scope = { partners: ['acme'], routes: 'all' } as const;
  const pieces = await readAll({ from, to }, 5, scope);
  expect(pieces.flat()).toEqual(['x.ours']);
  expect(pieces.length).toBeGreaterThan(4);
  expect((await readAll({ from, to }, 5)).flat()).toHaveLength(21);
  expect((await readAll({ from, to }, 5, { partners: [], routes: 'all' })).flat()).toEqual([]);
});
