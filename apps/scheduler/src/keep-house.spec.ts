import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Retention } from '#audit';
import { type RecordedRuns, startRecordedRuns } from '#audit/testing';
import { openQueue } from '#queue';
import { createLogger, Metrics } from '#telemetry';
import { keepHouse } from './keep-house.ts';
import { startScheduler } from './start-scheduler.ts';

const RETENTION: Retention = { requestDays: 1, callbackDays: 1, sessionDays: 30, probeDays: 1 };
const NEVER = new AbortController().signal;

let runs: RecordedRuns;
let metrics: Metrics;
const log = createLogger({ level: 'silent', format: 'json' });
beforeAll(async () => {
  runs = await startRecordedRuns();
});
afterAll(() => runs.close());
beforeEach(() => {
  metrics = new Metrics();
});

/** Sign-ins that nobody has come back from. */
async function plant(rows: number): Promise<void> {
  await runs.store.db.$executeRaw`
    INSERT INTO oidc_sign_in (state_digest, browser_digest, sealed, expires_at)
    SELECT sha256(gen_random_uuid()::text::bytea), '', '', now() - interval '1 min' FROM generate_series(1, ${rows}::int)`;
}
const left = () => runs.store.db.oidcSignIn.count();

it('throws everything away that is over, in small statements, and counts it', async () => {
  await plant(1_234);
  const day = 86_400_000;
  await runs.store.db.probe.create({
    data: { endpoint: 'gone', requestedBy: 'x', state: 'done', finishedAt: new Date(Date.now() - 2 * day) },
  });
  const throwAway = vi.spyOn(runs.recorder, 'throwAway');
  expect(await keepHouse(runs.recorder, RETENTION, log, metrics, NEVER)).toBe(1_235);
  expect(await left()).toBe(0);
  const statements = throwAway.mock.calls.filter(([what]) => what === 'oidc_sign_in');
  expect(statements.map(([, , limit]) => limit)).toEqual([500, 500, 500]);
  throwAway.mockRestore();
  const text = await metrics.render();
  expect(text).toContain('waybill_thrown_away_total{what="oidc_sign_in"} 1234');
  expect(text).toContain('waybill_thrown_away_total{what="probe"} 1');
});

it('stops after a round of a hundred statements, and where the scheduler ends', async () => {
  await plant(50_200);
  expect(await keepHouse(runs.recorder, RETENTION, log, metrics, AbortSignal.abort())).toBe(0);
  expect(await keepHouse(runs.recorder, RETENTION, log, metrics, NEVER)).toBe(50_000);
  expect(await keepHouse(runs.recorder, RETENTION, log, metrics, NEVER)).toBe(200);
});

it('is done by a scheduler that is told for how long, and by no other', async () => {
  await plant(3);
  const queue = await openQueue({ kind: 'postgres', connectionString: runs.databaseUrl });
  const parts = { recorder: runs.recorder, queue, log, metrics, sweepMs: 60_000 };
  const careless = startScheduler(parts);
  await vi.waitFor(() => expect(careless.lastTickAt()).toBeDefined(), { timeout: 10_000 });
  await careless.close();
  expect(await left()).toBe(3);
  const careful = startScheduler({ ...parts, retention: RETENTION });
  await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 10_000, interval: 20 });
  await careful.close();
  await queue.close();
});
