import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunRecorder } from '#audit';
import type { Run } from '#contract';
import { applyConfiguration, type StoredConfiguration } from '#store';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { postRun, tracesOf, triggerRun } from '../../testing/trigger-runs.ts';

const nightly = SAMPLE.routes[0]!;
const daily = {
  ...nightly,
  name: 'daily',
  parameters: { day: { pattern: String.raw`\d{8}` }, kind: { pattern: '[a-z.]+', default: 'orders' } },
  source: { ...nightly.source, path: '/out/{param.day}', select: ['{param.kind}-*'] },
};
const CONFIGURATION: StoredConfiguration = { ...SAMPLE, routes: [...SAMPLE.routes, daily] };

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(CONFIGURATION);
});
afterAll(() => api.close());

const post = (route: string, body: object, key?: string) => postRun(api, route, body, key);
const trigger = (route: string, body: object = {}, key?: string) => triggerRun(api, route, body, key);
const traces = () => tracesOf(api);

describe('parameters of a run', () => {
  it('are recorded with the defaults of those that were not given, and in the audit', async () => {
    const run = await trigger('daily', { parameters: { day: '20261121' } });
    expect(run.parameters).toEqual({ day: '20261121', kind: 'orders' });
    expect(await api.ask('getRun', `/runs/${run.id}`)).toMatchObject({ parameters: run.parameters });
    expect(await api.ask('listAuditEvents', `/audit/events?runId=${run.id}`, api.keys.auditor)).toMatchObject(
      {
        items: [{ action: 'run.requested', details: { parameters: run.parameters } }],
      },
    );
  });

  it.each([
    ['one that is missing', { kind: 'orders' }, ['day']],
    ['one that the route does not declare', { day: '20261121', date: '1' }, ['date']],
    ['one that only begins as its pattern', { day: '202611210' }, ['day']],
    ['one with a line after it', { day: '20261121\n' }, ['day']],
    ['an empty one', { day: '' }, ['day']],
    ['a way out of the folder', { day: '20261121', kind: '..' }, ['kind']],
    ['several', { day: '../../etc', kind: 'A', more: '' }, ['more', 'day', 'kind']],
    ['one that every object has', { day: '20261121', toString: 'a' }, ['toString']],
  ])(
    'are refused with %s, each with the path of its field, and without a trace',
    async (_, parameters, names) => {
      const before = await traces();
      const answer = await post('daily', { parameters }, 'a-key-that-stays-free');
      expect(problemOf(answer)).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(problemOf(answer).errors?.map(({ path }) => path)).toEqual(
        names.map((name) => `body.parameters.${name}`),
      );
      expect(await traces()).toEqual(before);
    },
  );

  it('are those of the run which a rerun takes up', async () => {
    const run = await trigger('daily', { parameters: { day: '20261122' } });
    await api.ask('cancelRun', `/runs/${run.id}/cancel`, api.keys.operator, json({ reason: 'test' }));
    const again = (await api.ask('rerunRun', `/runs/${run.id}/rerun`, api.keys.operator)) as Run;
    expect(again).toMatchObject({ rerunOf: run.id, parameters: { day: '20261122', kind: 'orders' } });
  });
});

describe('files of a run', () => {
  it('are recorded, and shown', async () => {
    const run = await trigger('nightly', { files: ['a.csv', 'sub/b.csv'] });
    expect(run.files).toEqual(['a.csv', 'sub/b.csv']);
    expect(await api.ask('getRun', `/runs/${run.id}`)).toMatchObject({ files: run.files });
    expect((await trigger('nightly')).files).toBeNull();
    expect((await api.recorder.findAssignment(run.id))?.files).toEqual(run.files);
  });

  it.each([
    ['/a', 'body.files.0'],
    ['a/', 'body.files.0'],
    ['../a', 'body.files.0'],
    ['a/../b', 'body.files.0'],
    ['.', 'body.files.0'],
    ['a\nb', 'body.files.0'],
    ['', 'body.files.0'],
  ])('are refused like %j', async (file, path) => {
    const before = await traces();
    const answer = await post('nightly', { files: [file] });
    expect(problemOf(answer)).toMatchObject({ status: 400, errors: [{ path }] });
    expect(await traces()).toEqual(before);
  });

  it('are refused when there is none, one twice, or more than a thousand', async () => {
    const many = Array.from({ length: 1_001 }, (_, index) => `${index}`);
    for (const files of [[], ['a', 'a'], many])
      expect(problemOf(await post('nightly', { files })).errors?.[0]?.path).toBe('body.files');
  });
});

describe('an Idempotency-Key', () => {
  const body = { parameters: { day: '20261123', kind: 'a.b' }, files: ['a-1'] };

  it('gives 100 parallel repeats one run and one answer, whatever the order of the fields', async () => {
    const before = await traces();
    const other = { files: ['a-1'], parameters: { kind: 'a.b', day: '20261123' } };
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => post('daily', index % 2 === 0 ? body : other, 'order-1')),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const after = await traces();
    expect(after.map((count, index) => count - before[index]!)).toEqual([1, 1, 1, 1]);
  });

  it('gives the answer of its first request, also when the run has gone on and the route has changed', async () => {
    const first = await post('daily', body, 'order-2');
    const { id } = JSON.parse(first.text) as Run;
    await api.ask('cancelRun', `/runs/${id}/cancel`, api.keys.operator, json({ reason: 'test' }));
    const stricter = { ...daily, parameters: { ...daily.parameters, day: { pattern: 'x' } }, enabled: false };
    const apply = (route: typeof daily) =>
      api.store.transaction((tx) =>
        applyConfiguration(tx, { ...SAMPLE, routes: [route] }, { firstFire: () => null }),
      );
    await apply(stricter);
    const repeat = await post('daily', body, 'order-2');
    await apply(daily);
    expect(repeat).toMatchObject({ status: 202, text: first.text });
  });

  it('is refused for another request, without a trace', async () => {
    await trigger('daily', body, 'order-3');
    const before = await traces();
    for (const other of [
      { ...body, files: ['a-2'] },
      { parameters: body.parameters },
      { ...body, parameters: { ...body.parameters, day: '20261124' } },
    ])
      expect(problemOf(await post('daily', other, 'order-3'))).toMatchObject({
        status: 409,
        code: 'idempotency_key_reused',
      });
    expect(await traces()).toEqual(before);
  });

  it('is one key in several processes, and of two different requests one wins', async () => {
    const elsewhere = new RunRecorder(api.store);
    const request = {
      routeName: 'nightly',
      trigger: 'api',
      requestedBy: { kind: 'api_key', name: 'x' },
      idempotencyKey: 'race',
    } as const;
    const both = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 === 0 ? elsewhere : api.recorder).createRun({
          ...request,
          files: [index % 4 < 2 ? 'a' : 'b'],
          answer: ({ id }) => ({ id, said: index }),
        }),
      ),
    );
    const taken = both.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
    const refused = both.filter((one) => one.status === 'rejected');
    expect(taken).toHaveLength(20);
    expect(refused.map(({ reason }) => (reason as Error).name)).toEqual(Array(20).fill('KeyReused'));
    expect(taken.filter(({ created }) => created)).toHaveLength(1);
    const answers = taken.filter(({ created }) => !created).map(({ answer }) => JSON.stringify(answer));
    expect(new Set(answers).size).toBe(1);
  });

  it('of a rerun gives one run and one answer, and is no key of another request', async () => {
    const run = await trigger('nightly');
    await api.ask('cancelRun', `/runs/${run.id}/cancel`, api.keys.operator, json({ reason: 'test' }));
    const rerun = () =>
      api.call('POST', `/api/v1/runs/${run.id}/rerun`, api.keys.operator, {
        headers: { 'idempotency-key': 'again' },
      });
    const answers = await Promise.all(Array.from({ length: 30 }, rerun));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const made = JSON.parse(answers[0]!.text) as Run;
    await api.ask('cancelRun', `/runs/${made.id}/cancel`, api.keys.operator, json({ reason: 'test' }));
    expect((await rerun()).text).toBe(answers[0]!.text);
    expect(problemOf(await post('nightly', {}, 'again')).code).toBe('idempotency_key_reused');
  });
});

describe('an Idempotency-Key whose answer is not kept any more', () => {
  it('makes no second run, and is not answered with a run that may have been asked for something else', async () => {
    const made = await trigger('nightly');
    await api.store.db.run.update({ where: { id: made.id }, data: { idempotencyKey: 'last-year' } });
    for (const body of [{}, { files: ['a.csv'] }]) {
      const problem = problemOf(await post('nightly', body, 'last-year'));
      expect(problem).toMatchObject({ status: 409, code: 'idempotency_key_reused' });
      expect(problem.detail).toContain(`made run ${made.id}`);
    }
    expect(await api.store.db.run.count({ where: { idempotencyKey: 'last-year' } })).toBe(1);
  });
});

describe('GET /runs/{id}?wait', () => {
  const cancel = (id: string) =>
    api.recorder.cancelRun(id, { kind: 'user', name: 'test' }, 'the end of the wait');

  it('answers when the run ends, for all who wait', async () => {
    const { id } = await trigger('nightly');
    const waiting = Promise.all(
      Array.from({ length: 20 }, () => api.ask('getRun', `/runs/${id}?wait=30s`, api.keys.viewer)),
    );
    expect(await Promise.race([waiting, api.store.now().then(() => 'still waiting')])).toBe('still waiting');
    await cancel(id);
    const states = ((await waiting) as Run[]).map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(['cancelled']));
  });

  it('answers at once when it has ended, and after its time when it has not', async () => {
    const { id } = await trigger('nightly');
    const began = performance.now();
    expect(await api.ask('getRun', `/runs/${id}?wait=1s`)).toMatchObject({ state: 'queued' });
    expect(performance.now() - began).toBeGreaterThan(900);
    await cancel(id);
    const asked = performance.now();
    expect(await api.ask('getRun', `/runs/${id}?wait=30s`)).toMatchObject({ state: 'cancelled' });
    expect(performance.now() - asked).toBeLessThan(900);
  });

  it.each(['0s', '31s', '30', '1m', '-1s', '1.5s', '', '1s&wait=2s'])('refuses wait=%s', async (wait) => {
    const { id } = await trigger('nightly');
    const answer = await api.call('GET', `/api/v1/runs/${id}?wait=${wait}`, api.keys.viewer);
    expect(problemOf(answer)).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  it('does not wait for a run that nobody has', async () => {
    const answer = await api.call(
      'GET',
      '/api/v1/runs/0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11?wait=30s',
      api.keys.viewer,
    );
    expect(problemOf(answer).code).toBe('not_found');
  });
});
