import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { type Answer, json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

/** The egress policy of this spec. */
const REFUSED_HOST = 'metadata.internal';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE, {
    rules: { hostProblem: (host) => (host === REFUSED_HOST ? 'is not to be dialled' : undefined) },
  });
});
afterAll(() => api.close());

let number = 0;
/** Names of one test are not met in the next one. */
let fresh: string;
beforeEach(() => {
  fresh = `x${++number}`;
});

const BASE = '/api/v1';

function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  key = api.keys.admin,
) {
  const init = body === undefined ? {} : json(body);
  return api.call(method, `${BASE}${path}`, key, { ...init, headers: { ...init.headers, ...headers } });
}

async function tagOf(path: string): Promise<string> {
  const answer = await send('GET', path);
  const tag = answer.headers.get('etag');
  if (!tag) throw new Error(`no ETag at ${path}: ${answer.text}`);
  return tag;
}

async function patch(path: string, body: unknown, key = api.keys.admin): Promise<Answer> {
  return send('PATCH', path, body, { 'if-match': await tagOf(path) }, key);
}

const ftps = (name: string, more: object = {}) => ({
  name,
  partner: 'acme',
  protocol: 'ftps',
  host: 'ftp.acme.example',
  username: 'waybill',
  password: { secret: 'acme-password' },
  ...more,
});
const route = (name: string, more: object = {}) => ({
  name,
  source: { endpoint: 'acme-ftps', path: '/out' },
  destination: { endpoint: 'inbox', path: '/' },
  ...more,
});

async function create(noun: string, body: object): Promise<Record<string, unknown>> {
  const answer = await send('POST', `/${noun}s`, body);
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as Record<string, unknown>;
}

async function countRows() {
  const { partner, endpoint, transferRoute, configurationChange, approval } = api.store.db;
  return Promise.all([
    partner.findMany(),
    endpoint.findMany(),
    transferRoute.findMany(),
    configurationChange.count(),
    approval.count(),
  ]);
}

async function changesOf(noun: string, name: string) {
  const page = (await api.ask(
    'listConfigurationChanges',
    `/configuration/changes?noun=${noun}&name=${name}`,
    api.keys.auditor,
  )) as {
    items: { kind: string; actor: object; before: object | null; after: object | null; fields: object[] }[];
  };
  return page.items;
}

describe('a new object', () => {
  it.each([
    ['partner', () => ({ name: fresh })],
    ['endpoint', () => ftps(fresh)],
    ['endpoint', () => ({ name: fresh, protocol: 'local', root: '/srv/other' })],
    ['route', () => route(fresh, { schedule: { cron: '15 2 * * 1-5', timezone: 'Europe/London' } })],
  ])('%s is made, shown and in the history', async (noun, body) => {
    const path = `/${noun}s/${fresh}`;
    const answer = await send('POST', `/${noun}s`, body());
    expect(answer.status, answer.text).toBe(201);
    expect(answer.headers.get('location')).toBe(`${BASE}${path}`);
    expect(answer.headers.get('etag')).toBe(await tagOf(path));
    expect(JSON.parse(answer.text)).toEqual(JSON.parse((await send('GET', path)).text));
    const [change, ...more] = await changesOf(noun, fresh);
    expect(more).toEqual([]);
    expect(change).toMatchObject({
      kind: 'create',
      actor: { kind: 'api_key', name: 'admin' },
      origin: 'rest',
      before: null,
      after: { name: fresh },
    });
    expect(
      await api.store.db.auditEvent.count({ where: { action: `${noun}.created`, objectId: fresh } }),
    ).toBe(1);
  });

  it('fires when its schedule says', async () => {
    const made = await create('route', route(fresh, { schedule: { cron: '15 2 * * *', timezone: 'UTC' } }));
    expect(made['nextFireAt']).toMatch(/T02:15:00.000Z$/);
  });

  it('of a name that is taken is refused', async () => {
    expect(problemOf(await send('POST', '/partners', { name: 'acme' }))).toMatchObject({
      status: 409,
      code: 'name_taken',
    });
  });

  it.each<[string, object, string[], RegExp]>([
    ['endpoint', ftps('bad', { port: '21' }), ['body.port'], /must be a number/],
    ['endpoint', ftps('bad', { hsot: 'x' }), ['body.hsot'], /did you mean `host`/],
    [
      'endpoint',
      ftps('bad', { partner: 'acmee' }),
      ['body.partner'],
      /there is no partner `acmee`; did you mean `acme`/,
    ],
    ['endpoint', ftps('bad', { password: 'hunter2' }), ['body.password'], /a literal secret is refused/],
    ['endpoint', ftps('bad', { encoding: 'cp4437' }), ['body.encoding'], /did you mean `cp437`/],
    ['endpoint', ftps('bad', { tls: { ca: ['acme-ca.pem'] } }), ['body.tls.ca.0'], /as PEM text/],
    ['endpoint', ftps('bad', { tls: { pins: ['sha256/x'] } }), ['body.tls.pins.0'], /a pin is/],
    [
      'endpoint',
      ftps('bad', { tls: { dataProtection: 'clear' } }),
      ['body.tls.dataProtection'],
      /WAYBILL_ALLOW_LEGACY/,
    ],
    ['endpoint', ftps('bad', { host: REFUSED_HOST }), ['body.host'], /not to be dialled/],
    [
      'endpoint',
      ftps('bad', { proxy: { kind: 'socks5', host: REFUSED_HOST, port: 1080 } }),
      ['body.proxy.host'],
      /not to be dialled/,
    ],
    ['endpoint', { name: 'bad' }, ['body.protocol'], /is missing; one of ftps/],
    [
      'route',
      route('bad', { source: { endpoint: 'nobody', path: 'out' } }),
      ['body.source.path', 'body.source.endpoint'],
      /./,
    ],
    [
      'route',
      route('bad', { schedule: { cron: '61 * * * *', timezone: 'Mars' } }),
      ['body.schedule.timezone', 'body.schedule.cron'],
      /./,
    ],
    ['partner', { name: '../acme' }, ['body.name'], /a name is/],
    ['partner', {}, ['body.name'], /is missing/],
    ['partner', { name: { not: 'acme' } }, ['body.name'], /must be text/],
  ])(
    '%s %j is refused with the path of each bad field, and leaves nothing behind',
    async (noun, body, paths, words) => {
      const before = await countRows();
      const answer = await send('POST', `/${noun}s`, body);
      const { code, errors } = problemOf(answer);
      expect(code).toBe('invalid_request');
      expect(errors?.map(({ path }) => path).toSorted()).toEqual(paths.toSorted());
      expect(errors?.[0]?.message).toMatch(words);
      expect(answer.text).not.toContain('hunter2');
      expect(await countRows()).toEqual(before);
    },
  );
});

describe('a change', () => {
  it('needs the ETag of what was read, and is refused when that has changed', async () => {
    await create('endpoint', ftps(fresh));
    const path = `/endpoints/${fresh}`;
    const tag = await tagOf(path);
    const before = await countRows();
    expect(problemOf(await send('PATCH', path, { maxSessions: 2 }))).toMatchObject({
      status: 428,
      code: 'precondition_required',
    });
    for (const wrong of ['"x"', `W/${tag}`, tag.replaceAll('"', ''), 'garbage'])
      expect(problemOf(await send('PATCH', path, { maxSessions: 2 }, { 'if-match': wrong }))).toMatchObject({
        status: 412,
        code: 'precondition_failed',
      });
    expect(await countRows()).toEqual(before);
    const changed = await send('PATCH', path, { maxSessions: 2 }, { 'if-match': `"x", ${tag}` });
    expect(JSON.parse(changed.text)).toMatchObject({ maxSessions: 2, password: { secret: 'acme-password' } });
    expect(changed.headers.get('etag')).toBe(await tagOf(path));
    expect(problemOf(await send('PATCH', path, { maxSessions: 3 }, { 'if-match': tag })).status).toBe(412);
    expect((await changesOf('endpoint', fresh))[0]).toMatchObject({
      kind: 'change',
      before: { maxSessions: 4 },
      after: { maxSessions: 2 },
      fields: [{ path: 'maxSessions', before: 4, after: 2 }],
    });
  });

  it('of one ETag succeeds once, however many come at once', async () => {
    await create('endpoint', ftps(fresh));
    const tag = await tagOf(`/endpoints/${fresh}`);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        send('PATCH', `/endpoints/${fresh}`, { maxSessions: index + 10 }, { 'if-match': tag }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(9).fill(412)]);
    expect(await changesOf('endpoint', fresh)).toHaveLength(2);
  });

  it('is a merge patch: objects are merged, null removes, a list is replaced', async () => {
    await create(
      'route',
      route(fresh, { window: { from: '20:00', to: '06:00', timezone: 'UTC' }, lanes: 2 }),
    );
    const answer = await patch(`/routes/${fresh}`, {
      source: { select: ['*.csv'], settleMs: 0 },
      window: null,
      retry: { maxAttempts: 9 },
    });
    const changed = JSON.parse(answer.text) as Record<string, unknown>;
    expect(changed).toMatchObject({
      source: { endpoint: 'acme-ftps', path: '/out', select: ['*.csv'], settleMs: 0 },
      retry: { maxAttempts: 9, factor: 2 },
      lanes: 2,
    });
    expect(changed).not.toHaveProperty('window');
  });

  it('that says what is so already changes nothing, and is no history', async () => {
    await create('route', route(fresh));
    expect((await patch(`/routes/${fresh}`, { lanes: 4 })).status).toBe(200);
    expect(await changesOf('route', fresh)).toHaveLength(1);
  });

  it('of a name, of what is not there, or deeper than anything is refused', async () => {
    await create('partner', { name: fresh });
    expect(problemOf(await patch(`/partners/${fresh}`, { name: 'other' })).errors).toEqual([
      { path: 'body.name', message: 'a name never changes' },
    ]);
    const missing = await send('PATCH', '/routes/nobody', {}, { 'if-match': '*' });
    expect(problemOf(missing).code).toBe('not_found');
    let deep: object = {};
    for (let depth = 0; depth < 20; depth++) deep = { a: deep };
    expect(problemOf(await patch(`/partners/${fresh}`, deep)).code).toBe('invalid_request');
  });

  it('that makes another object impossible is refused, naming it', async () => {
    await create('endpoint', ftps(fresh));
    await create(
      'route',
      route(`${fresh}-around`, {
        source: { endpoint: fresh, path: '/out' },
        destination: { endpoint: fresh, path: '/in' },
      }),
    );
    const { errors } = problemOf(await patch(`/endpoints/${fresh}`, { maxSessions: 1 }));
    expect(errors).toEqual([{ path: 'body', message: expect.stringContaining(`${fresh}-around`) }]);
  });

  it('stays out of the way of a pause: the ETag is that of what is configured', async () => {
    await create('route', route(fresh));
    const tag = await tagOf(`/routes/${fresh}`);
    await api.ask('pauseRoute', `/routes/${fresh}/pause`, api.keys.operator, json({ reason: 'test' }));
    expect((await send('PATCH', `/routes/${fresh}`, { lanes: 1 }, { 'if-match': tag })).status).toBe(200);
  });
});

describe('deleting', () => {
  const remove = async (path: string) => send('DELETE', path, undefined, { 'if-match': await tagOf(path) });

  it.each([
    ['partner', () => ({ name: fresh })],
    ['endpoint', () => ftps(fresh)],
    ['route', () => route(fresh, { schedule: { cron: '0 3 * * *', timezone: 'UTC' } })],
  ])('a %s that nothing refers to works, with the ETag only, and is in the history', async (noun, body) => {
    await create(noun, body());
    const path = `/${noun}s/${fresh}`;
    expect(problemOf(await send('DELETE', path)).status).toBe(428);
    expect(problemOf(await send('DELETE', path, undefined, { 'if-match': '"x"' })).status).toBe(412);
    const answer = await remove(path);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await send('GET', path)).status).toBe(404);
    expect((await changesOf(noun, fresh))[0]).toMatchObject({
      kind: 'delete',
      before: { name: fresh },
      after: null,
    });
  });

  it('is refused while something refers to it', async () => {
    const before = await countRows();
    expect(problemOf(await remove('/partners/acme'))).toMatchObject({
      status: 409,
      code: 'in_use',
      detail: expect.stringContaining('endpoint "acme-ftps"'),
    });
    expect(problemOf(await remove('/endpoints/inbox')).detail).toContain('route');
    expect(await countRows()).toEqual(before);
  });

  it('is refused where history refers to it', async () => {
    await create('route', route(fresh));
    const run = (await api.ask('triggerRun', `/routes/${fresh}/runs`, api.keys.operator)) as { id: string };
    await api.recorder.cancelRun(run.id, { kind: 'user', name: 'test' }, 'test');
    expect(problemOf(await remove(`/routes/${fresh}`))).toMatchObject({
      code: 'in_use',
      detail: expect.stringContaining('runs on record'),
    });
  });
});

describe('the history', () => {
  it('pages backwards without a gap, filters, and holds references where secrets are', async () => {
    for (const sessions of [2, 3, 5, 6]) {
      if (sessions === 2) await create('endpoint', ftps(fresh));
      else await patch(`/endpoints/${fresh}`, { maxSessions: sessions });
    }
    const read = async (query: string) =>
      (await api.ask('listConfigurationChanges', `/configuration/changes?name=${fresh}&limit=2${query}`)) as {
        items: { after: { maxSessions: number; password: object } }[];
        nextCursor: string | null;
      };
    const first = await read('');
    const second = await read(`&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items].map(({ after }) => after.maxSessions)).toEqual([6, 5, 3, 4]);
    expect(second.nextCursor).toBeNull();
    expect(first.items[0]?.after.password).toEqual({ secret: 'acme-password' });
    expect((await read('&actor=nobody')).items).toEqual([]);
    expect((await read('&until=2020-01-01')).items).toEqual([]);
    const other = await send('GET', '/runs?limit=1');
    expect(other.status).toBe(200);
    expect(problemOf(await send('GET', '/configuration/changes?cursor=xyz')).code).toBe('invalid_cursor');
  });

  it.each(['UPDATE configuration_change SET name = name', 'DELETE FROM configuration_change'])(
    'is not the api role to change: %s',
    async (sql) => {
      await expect(api.store.db.$executeRawUnsafe(sql)).rejects.toThrow();
    },
  );
});
