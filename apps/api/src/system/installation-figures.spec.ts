import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordEvent } from '#audit';
import { Metrics } from '#telemetry';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { InstallationReader } from './installation-figures.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

const valueIn = (text: string, name: string) =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );

async function readFigures(): Promise<string> {
  const metrics = new Metrics();
  await new InstallationReader(api.store, metrics, api.log).refresh();
  return metrics.render();
}

async function say(action: string, runId: string, details: object = {}): Promise<void> {
  const object = action.startsWith('tls') ? 'tls_negotiation' : 'run';
  await api.store.transaction((tx) =>
    recordEvent(tx, {
      actor: { kind: 'system', name: 'test' },
      action,
      object,
      objectId: runId,
      runId,
      details: { ...details },
    }),
  );
}

it('tells how much work waits, how old it is, and which certificate ends when', async () => {
  const { id } = (await api.ask('triggerRun', '/routes/nightly/runs')) as { id: string };
  const { db } = api.store;
  await db.$executeRaw`UPDATE run SET created_at = now() - interval '90 s', not_before = now() - interval '90 s' WHERE id = ${id}::uuid`;
  await db.$executeRaw`UPDATE schedule SET next_fire_at = now() - interval '70 s'`;
  const notAfter = new Date(Date.now() + 10.5 * 86_400_000).toISOString();
  const handshake = (certificates: object[], startedAt: string) => db.$executeRaw`
    INSERT INTO tls_negotiation (id, endpoint, session_id, channel, command, mode, resumed, peer_certificates, name_check,
                                 pin_check, chain_check, verdict, started_at, handshake_ms)
    VALUES (gen_random_uuid(), 'acme-ftps', gen_random_uuid(), 'control', 'AUTH TLS', 'explicit', false,
            ${JSON.stringify(certificates)}::jsonb, 'passed', 'passed', 'passed', 'accepted', ${startedAt}::timestamptz, 1)`;
  await handshake([{ notAfter: '2020-01-01T00:00:00.000Z' }], '2026-01-01');
  await handshake([{ notAfter }], '2026-01-02');
  await handshake([], '2026-01-03');
  const text = await readFigures();
  const value = (name: string) => valueIn(text, name);
  expect(value('waybill_runs{state="queued"}')).toBe(1);
  expect(value('waybill_queue_age_seconds')).toBeGreaterThan(89);
  expect(value('waybill_queue_age_seconds')).toBeLessThan(120);
  expect(value('waybill_schedule_late_seconds')).toBeGreaterThan(69);
  expect(value('waybill_certificate_days_left{endpoint="acme-ftps"}')).toBeCloseTo(10.5, 1);
  expect(value('waybill_leases')).toBe(0);
  await db.$executeRaw`UPDATE schedule SET next_fire_at = NULL`;
});

it('tells which ends of runs are still to be told, and what waits for the keys of secrets', async () => {
  const { db } = api.store;
  const trigger = async () => ((await api.ask('triggerRun', '/routes/nightly/runs')) as { id: string }).id;
  const [over, waiting] = [await trigger(), await trigger()];
  for (const runId of [over, waiting])
    await db.runCallback.create({ data: { runId, url: 'https://hooks.example.com/', secret: 'webhook-x' } });
  await db.run.update({
    where: { id: over },
    data: { state: 'failed', finishedAt: new Date(Date.now() - 100_000) },
  });
  await db.run.update({ where: { id: waiting }, data: { errorCode: 'secret_unavailable' } });
  const before = await readFigures();
  expect(valueIn(before, 'waybill_callbacks_due')).toBe(1);
  expect(valueIn(before, 'waybill_callback_age_seconds')).toBeGreaterThan(99);
  expect(valueIn(before, 'waybill_callback_age_seconds')).toBeLessThan(130);
  expect(valueIn(before, 'waybill_runs_waiting_for_keys')).toBe(1);
  await db.runCallback.update({
    where: { runId: over },
    data: { state: 'given_up', finishedAt: new Date() },
  });
  await db.run.update({ where: { id: waiting }, data: { errorCode: null } });
  const after = await readFigures();
  for (const name of ['callbacks_due', 'callback_age_seconds', 'runs_waiting_for_keys'])
    expect(valueIn(after, `waybill_${name}`), name).toBe(0);
});

it('counts what has ended since, once, also what is committed late', async () => {
  const { id } = (await api.ask('triggerRun', '/routes/nightly/runs')) as { id: string };
  await say('run.failed', id);
  for (const outcome of ['failed', 'given_up', 'given_up']) await say(`run.callback_${outcome}`, id);
  const url = `/api/v1/metrics`;
  const shown = async (name: string) =>
    Number(
      (await api.call('GET', url)).text
        .split('\n')
        .find((line) => line.startsWith(name))
        ?.split(' ')[1] ?? 0,
    );
  const gate = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  const late = api.store.transaction(async (tx) => {
    const about = { object: 'run', objectId: id, runId: id } as const;
    await recordEvent(tx, {
      actor: { kind: 'system', name: 'test' },
      action: 'run.held',
      ...about,
      details: {},
    });
    written.resolve();
    await gate.promise;
  });
  await written.promise;
  await say('run.failed', id);
  await say('tls_negotiation.refused', id, { error: 'tls_certificate_expired' });
  await say('tls_negotiation.refused', id, { error: 'whatever a newer release or a partner says' });
  gate.resolve();
  await late;
  await expect
    .poll(() => shown('waybill_runs_total{state="held"}'), { timeout: 15_000, interval: 500 })
    .toBe(1);
  // Both were recorded after the api began.
  expect(await shown('waybill_runs_total{state="failed"}')).toBe(2);
  expect(await shown('waybill_callbacks_total{outcome="given_up"}')).toBe(2);
  expect(await shown('waybill_callbacks_total{outcome="failed"}')).toBe(1);
  for (const error of ['tls_certificate_expired', 'internal'])
    expect(await shown(`waybill_tls_handshake_failures_total{error="${error}"}`)).toBe(1);
});
