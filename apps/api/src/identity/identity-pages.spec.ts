import { afterAll, beforeAll, expect, it } from 'vitest';
import { createUser } from '#identity';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const ACTOR = { kind: 'user', name: 'root (local)' } as const;
const NAMES = ['anna', 'bert', 'carl'];

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
  for (const name of NAMES) {
    const user = { name, role: 'viewer', partners: 'all' } as const;
    const { password } = await createUser(api.store, api.identityKeys, user, ACTOR);
    for (let times = 0; times < 2; times++) {
      const { status } = await api.call('POST', '/api/v1/sign-in', undefined, json({ name, password }));
      expect(status).toBe(200);
    }
  }
});
afterAll(() => api.close());

type Listed = { items: Record<string, string>[]; nextCursor: string | null };

async function pagesOf(path: string, field: string): Promise<string[][]> {
  const pages: string[][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { text } = await api.call('GET', `/api/v1${path}?limit=2${query}`, api.keys.admin);
    const page = JSON.parse(text) as Listed;
    pages.push(page.items.map((item) => item[field]!));
    cursor = page.nextCursor;
  }
  return pages;
}

it('users and keys come by name, sessions newest first, each once on all pages together', async () => {
  expect(await pagesOf('/users', 'name')).toEqual([['anna', 'bert'], ['carl']]);
  expect(await pagesOf('/keys', 'name')).toEqual([
    ['admin', 'auditor'],
    ['operator', 'viewer'],
  ]);
  expect(await pagesOf('/sessions', 'user')).toEqual([
    ['carl', 'carl'],
    ['bert', 'bert'],
    ['anna', 'anna'],
  ]);
  expect(new Set((await pagesOf('/sessions', 'id')).flat()).size).toBe(2 * NAMES.length);
});

it('the cursor of one list is refused by the others, and so is one that names a row', async () => {
  const { text } = await api.call('GET', '/api/v1/users?limit=1', api.keys.admin);
  const { nextCursor } = JSON.parse(text) as Listed;
  const { id } = await api.store.db.session.findFirstOrThrow();
  for (const [path, cursor] of [
    ['/keys', nextCursor!],
    ['/sessions', nextCursor!],
    ['/sessions', Buffer.from(`session ${id}`).toString('base64url')],
    ['/sessions', Buffer.from(`sessions:${id}`).toString('base64url')],
  ] as const)
    expect(
      problemOf(await api.call('GET', `/api/v1${path}?cursor=${cursor}`, api.keys.admin)).code,
      path,
    ).toBe('invalid_cursor');
});
