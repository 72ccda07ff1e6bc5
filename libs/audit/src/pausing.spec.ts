import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LEASE_MS, OPERATOR, type RecordedRuns, startRecordedRuns } from '../testing/recorded-runs.ts';

let runs: RecordedRuns;
let route: string;

beforeAll(async () => {
  runs = await startRecordedRuns();
});
afterAll(() => runs.close());
beforeEach(async () => {
  route = await runs.aRoute();
});

const of = (object: 'route' | 'endpoint') =>
  ({ object, name: object === 'route' ? route : `${route}-source` }) as const;

describe.each(['route', 'endpoint'] as const)('a paused %s', (object) => {
  it('says since when, by whom and why, and so does the audit', async () => {
    expect(await runs.recorder.pause(of(object), OPERATOR, 'their server moves')).toBe(true);
    const row =
      object === 'route'
        ? await runs.store.db.transferRoute.findUniqueOrThrow({ where: { name: route } })
        : await runs.store.db.endpoint.findUniqueOrThrow({ where: { name: `${route}-source` } });
    expect(row).toMatchObject({ pausedBy: 'Ada', pauseReason: 'their server moves' });
    expect(await runs.events(`${object}.paused`)).toContainEqual(
      expect.objectContaining({
        actorName: 'Ada',
        objectId: row.id,
        details: expect.objectContaining({ reason: 'their server moves' }),
      }),
    );
  });

  it('takes runs and begins none of their files until it goes on', async () => {
    const runId = await runs.planned(route, ['a']);
    await runs.recorder.pause(of(object), OPERATOR, 'maintenance');
    expect(await runs.recorder.claimTransfer(runId, 'worker', LEASE_MS)).toBeUndefined();
    const waiting = await runs.aRun(route);
    expect((await runs.recorder.findOverdueRuns(100)).map(({ id }) => id)).not.toContain(runId);
    const rung = await runs.recorder.resume(of(object), OPERATOR, 'done');
    expect(rung!.map(({ id }) => id).sort()).toEqual([runId, waiting].sort());
    expect((await runs.claimed(runId)).version.path).toBe('/a');
    expect(await runs.events(`${object}.resumed`)).toContainEqual(
      expect.objectContaining({
        details: expect.objectContaining({ reason: 'done', pauseReason: 'maintenance', pausedBy: 'Ada' }),
      }),
    );
  });

  it('lets what is under way come to its end', async () => {
    const runId = await runs.planned(route, ['a']);
    const { claim } = await runs.claimed(runId);
    await runs.recorder.pause(of(object), OPERATOR, 'maintenance');
    expect((await runs.recorder.renewClaims([claim], LEASE_MS)).size).toBe(1);
  });

  it('is paused once and resumed once; whoever comes later hears who was first', async () => {
    await expect(runs.recorder.resume(of(object), OPERATOR, '')).rejects.toMatchObject({
      code: 'not_paused',
    });
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, () => runs.recorder.pause(of(object), OPERATOR, 'first')),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(runs.recorder.pause(of(object), OPERATOR, 'second')).rejects.toMatchObject({
      code: 'already_paused',
      message: expect.stringMatching(/is paused since .* by Ada: first/),
    });
  });

  it('that does not exist is none', async () => {
    expect(await runs.recorder.pause({ object, name: 'none' }, OPERATOR, 'x')).toBe(false);
    expect(await runs.recorder.resume({ object, name: 'none' }, OPERATOR, 'x')).toBeUndefined();
  });
});
