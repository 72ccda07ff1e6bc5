import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RecordedRuns, startRecordedRuns } from '../testing/recorded-runs.ts';

let runs: RecordedRuns;
beforeAll(async () => {
  runs = await startRecordedRuns();
});
afterAll(() => runs.close());

test('whatever is recorded of a run concerns its route, in whichever statement the run itself was made', async () => {
  const [one, other] = [await runs.aRoute(), await runs.aRoute()];
  await runs.deliver(await runs.planned(one, ['a']));
  await runs.fail(await runs.planned(other, ['b']));
  await runs.leaveInDoubt(await runs.planned(one, ['c']));
  await runs.quarantine(await runs.planned(other, ['d']));
  await runs.unlisted(one);
  const routes = await runs.store.db.transferRoute.findMany({ select: { id: true, name: true } });
  const events = await runs.store.db.$queryRaw<{ concerns: string | null; route: string; object: string }[]>`
    SELECT event.concerns_id::text AS concerns, run.route_id::text AS route, event.object
      FROM audit_event event JOIN run ON run.id = event.run_id`;
  expect(events.filter(({ concerns, route }) => concerns !== route)).toEqual([]);
  expect(new Set(events.map(({ route }) => route))).toEqual(new Set(routes.map(({ id }) => id)));
  expect(new Set(events.map(({ object }) => object))).toEqual(
    new Set(['run', 'transfer', 'attempt', 'incident']),
  );
});
