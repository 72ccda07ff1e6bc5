import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR, type RecordedRuns, startRecordedRuns } from '../testing/recorded-runs.ts';
import { RouteDisabled } from './run-requests.ts';

let runs: RecordedRuns;

beforeAll(async () => {
  runs = await startRecordedRuns();
});
afterAll(() => runs.close());

const rerun = (runId: string, idempotencyKey?: string) =>
  runs.recorder.rerunRun({ runId, requestedBy: OPERATOR, idempotencyKey });
const filesOf = async (runId: string) =>
  (await runs.store.db.transfer.findMany({ where: { runId }, orderBy: { sourcePath: 'asc' } })).map(
    ({ sourcePath, state }) => `${sourcePath} ${state}`,
  );

describe('a rerun', () => {
  it('takes up exactly what was not delivered, without a listing, and names the earlier run', async () => {
    const route = await runs.aRoute();
    const earlier = await runs.planned(route, ['a', 'b', 'c', 'd']);
    await runs.deliver(earlier);
    await runs.fail(earlier);
    await runs.leaveInDoubt(earlier);
    await runs.recorder.cancelRun(earlier, OPERATOR, 'enough');
    expect(await filesOf(earlier)).toEqual(['/a delivered', '/b failed', '/c held', '/d cancelled']);
    const made = (await rerun(earlier))!;
    expect(made).toMatchObject({ created: true, ring: true });
    expect(await filesOf(made.run.id)).toEqual(['/b planned', '/d planned']);
    const row = await runs.store.db.run.findUniqueOrThrow({ where: { id: made.run.id } });
    expect(row).toMatchObject({ rerunOfId: earlier, planned: true, state: 'running', requestedBy: 'Ada' });
    await runs.deliver(made.run.id);
    await runs.deliver(made.run.id);
    expect(await runs.runState(made.run.id)).toBe('delivered');
    expect(await runs.events('run.requested')).toContainEqual(
      expect.objectContaining({
        objectId: made.run.id,
        actorName: 'Ada',
        details: expect.objectContaining({ rerunOf: earlier }),
      }),
    );
    expect(await runs.incidents({ route, kind: 'run_failed', state: 'open' })).toEqual([]);
  });

  it('delivers nothing twice when it is asked for twice', async () => {
    const earlier = await runs.planned(await runs.aRoute(), ['a', 'b']);
    await runs.fail(earlier);
    await runs.fail(earlier);
    const made = await Promise.all([rerun(earlier), rerun(earlier), rerun(earlier)]);
    const files = await runs.store.db.transfer.findMany({
      where: { runId: { in: made.map((one) => one!.run.id) } },
    });
    expect(files.filter(({ state }) => state === 'planned')).toHaveLength(2);
    expect(files.filter(({ state }) => state === 'suppressed')).toHaveLength(4);
    expect(made.filter((one) => !one!.ring)).toHaveLength(2);
  });

  it('is the same run for the same key', async () => {
    const earlier = await runs.planned(await runs.aRoute(), ['a']);
    await runs.fail(earlier);
    const first = await rerun(earlier, 'order-1');
    const second = await rerun(earlier, 'order-1');
    expect(second).toEqual({ ...first, created: false, ring: false });
  });

  it('of a run that was never listed lists anew', async () => {
    const earlier = await runs.unlisted(await runs.aRoute());
    const made = (await rerun(earlier))!;
    const row = await runs.store.db.run.findUniqueOrThrow({ where: { id: made.run.id } });
    expect(row).toMatchObject({ planned: false, state: 'queued', rerunOfId: earlier });
    expect(made.ring).toBe(true);
  });
});

describe('a rerun is refused', () => {
  it('while the run is under way', async () => {
    const earlier = await runs.planned(await runs.aRoute(), ['a']);
    await expect(rerun(earlier)).rejects.toMatchObject({
      code: 'run_not_finished',
      message: expect.stringContaining(`waybill cancel ${earlier}`),
    });
  });

  it('of a run that delivered everything', async () => {
    const route = await runs.aRoute();
    const earlier = await runs.planned(route, ['a']);
    await runs.deliver(earlier);
    await expect(rerun(earlier)).rejects.toMatchObject({
      code: 'nothing_to_rerun',
      message: expect.stringContaining(`waybill run ${route}`),
    });
  });

  it('where all that is left is held', async () => {
    const earlier = await runs.planned(await runs.aRoute(), ['a']);
    await runs.leaveInDoubt(earlier);
    await expect(rerun(earlier)).rejects.toMatchObject({
      code: 'nothing_to_rerun',
      message: expect.stringContaining('waybill resolve TRANSFER'),
    });
  });

  it('where the route goes somewhere else now', async () => {
    const route = await runs.aRoute();
    const earlier = await runs.planned(route, ['a']);
    await runs.fail(earlier);
    const other = await runs.store.db.endpoint.findFirstOrThrow({ where: { name: `${route}-source` } });
    await runs.store.db.transferRoute.update({
      where: { name: route },
      data: { destinationEndpointId: other.id },
    });
    await expect(rerun(earlier)).rejects.toMatchObject({ code: 'route_changed' });
    expect(await runs.store.db.run.count({ where: { rerunOfId: earlier } })).toBe(0);
  });

  it('where the route is switched off, and for a run that does not exist', async () => {
    const route = await runs.aRoute();
    const earlier = await runs.unlisted(route);
    await runs.store.db.transferRoute.update({ where: { name: route }, data: { enabled: false } });
    await expect(rerun(earlier)).rejects.toBeInstanceOf(RouteDisabled);
    expect(await rerun('0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11')).toBeUndefined();
  });
});
