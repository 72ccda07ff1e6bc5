import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR, type RecordedRuns, startRecordedRuns } from '../testing/recorded-runs.ts';
import { KeyReused, requestDigest } from './idempotent-requests.ts';

let runs: RecordedRuns;
beforeAll(async () => {
  runs = await startRecordedRuns();
});
afterAll(() => runs.close());

const request = (routeName: string, more: object = {}) =>
  runs.recorder.createRun({ routeName, trigger: 'api', requestedBy: OPERATOR, ...more });
const DAY = { parameters: { day: { pattern: String.raw`\d{8}` } } };

describe('a request with an Idempotency-Key', () => {
  it('leaves neither run nor key where its answer cannot be kept, and takes no other of its group with it', async () => {
    const route = await runs.aRoute();
    const broken = () => {
      throw new Error('the process is at its end');
    };
    const [lost, kept] = await Promise.allSettled([
      request(route, { idempotencyKey: 'a', answer: broken }),
      request(route, { idempotencyKey: 'b', answer: ({ id }: { id: string }) => ({ id }) }),
    ]);
    expect(lost).toMatchObject({ status: 'rejected' });
    expect(kept).toMatchObject({ status: 'fulfilled', value: { created: true } });
    expect(await runs.store.db.run.count({ where: { route: { name: route } } })).toBe(1);
    expect(await request(route, { idempotencyKey: 'a' })).toMatchObject({ created: true });
  });

  it('is refused once, and stays free, where its parameters are', async () => {
    const route = await runs.aRoute(DAY);
    const wrong = { idempotencyKey: 'k', parameters: { day: 'today' } };
    await expect(request(route, wrong)).rejects.toMatchObject({
      name: 'ParametersRefused',
      problems: [{ name: 'day', message: String.raw`does not match \d{8}` }],
    });
    const right = { idempotencyKey: 'k', parameters: { day: '20261121' } };
    expect(await request(route, right)).toMatchObject({ created: true });
    expect(await request(route, right)).toMatchObject({ created: false });
    await expect(request(route, wrong)).rejects.toMatchObject({ name: 'KeyReused' });
  });

  it('whose answer is not kept any more is refused, and says which run it made', async () => {
    const route = await runs.aRoute();
    const { run } = await request(route);
    await runs.store.db.run.update({ where: { id: run.id }, data: { idempotencyKey: 'old' } });
    const repeat = request(route, { idempotencyKey: 'old' });
    await expect(repeat).rejects.toThrow(KeyReused);
    await expect(repeat).rejects.toThrow(`made run ${run.id} at `);
  });
});

describe('runs of a schedule', () => {
  it('get the defaults, and the due one of a route that has none is made all the same', async () => {
    const parameters = { day: { pattern: 'a|b', default: 'a' }, kind: { pattern: 'x' } };
    const schedule = {
      cron: '0 0 1 1 *',
      timezone: 'UTC',
      onHoliday: 'skip',
      misfire: 'run_once',
      overlap: 'parallel',
    } as const;
    const route = await runs.aRoute({ parameters, schedule });
    await runs.store.db.schedule.updateMany({ data: { nextFireAt: new Date(0) } });
    const [fired] = await runs.recorder.recordFires(({ nextFireAt }) => ({
      fires: [{ dueAt: nextFireAt, outcome: 'run' }],
      nextFireAt: null,
    }));
    expect(fired).toMatchObject({ routeName: route, runs: [{ parameters: { day: 'a' } }] });
  });
});

it('two requests are the same when they ask for the same', () => {
  const digest = (asked: object) => requestDigest('run', asked);
  expect(digest({ a: '1', b: { c: '2', d: '3' } })).toBe(digest({ b: { d: '3', c: '2' }, a: '1' }));
  expect(digest({ a: undefined })).toBe(digest({}));
  for (const other of [
    { a: '1', b: {} },
    { a: ['1'] },
    { a: [['b', '1']] },
    { a: { b: '1' } },
    { 'a":"1': '' },
  ])
    expect(digest(other)).not.toBe(digest({ a: '1' }));
  expect(digest({ a: { b: '1' } })).not.toBe(digest({ a: [['b', '1']] }));
  expect(requestDigest('rerun', {})).not.toBe(digest({}));
});
