import { afterAll, beforeAll, expect, it } from 'vitest';
import { RunRecorder } from '#audit';
import { openStore, type Store } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { Health } from '#telemetry';
import { addInstallationChecks } from './installation-checks.ts';

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  const { db } = store;
  await db.$executeRaw`INSERT INTO endpoint (name, protocol, settings) VALUES ('acme', 'ftps', '{}'), ('inbox', 'local', '{}')`;
  await db.$executeRaw`
    INSERT INTO transfer_route (name, source_endpoint_id, destination_endpoint_id, definition)
    SELECT 'nightly', source.id, destination.id, '{}' FROM endpoint source, endpoint destination
     WHERE source.name = 'acme' AND destination.name = 'inbox'`;
  await db.$executeRaw`INSERT INTO schedule (route_id, definition) SELECT id, '{}' FROM transfer_route`;
});
afterAll(async () => {
  await store.close();
  await database.stop();
});

async function reasons(): Promise<Record<string, string>> {
  const health = new Health();
  addInstallationChecks(health, store);
  const { ok, degraded, checks } = await health.report();
  expect(ok).toBe(true);
  const wrong = Object.entries(checks).flatMap(([name, { reason }]) => (reason ? [[name, reason]] : []));
  expect(degraded).toBe(wrong.length > 0);
  return Object.fromEntries(wrong) as Record<string, string>;
}

it('has nothing to say of an installation that works', async () => {
  expect(await reasons()).toEqual({});
});

it('says that a schedule stands still, that a run waits for nobody, and which certificate ends', async () => {
  const { db } = store;
  await db.$executeRaw`UPDATE schedule SET next_fire_at = now() - interval '61 s'`;
  await db.$executeRaw`
    INSERT INTO run (route_id, trigger, requested_by, created_at, not_before)
    SELECT id, 'operator', 'test', now() - interval '10 min', now() - interval '10 min' FROM transfer_route`;
  const notAfter = new Date(Date.now() + 3.5 * 86_400_000).toISOString();
  await db.$executeRaw`
    INSERT INTO tls_negotiation (id, endpoint, session_id, channel, command, mode, resumed, peer_certificates, name_check,
                                 pin_check, chain_check, verdict, started_at, handshake_ms)
    VALUES (gen_random_uuid(), 'acme', gen_random_uuid(), 'control', 'AUTH TLS', 'explicit', false,
            ${JSON.stringify([{ notAfter }])}::jsonb, 'passed', 'passed', 'passed', 'accepted', now(), 1)`;
  expect(await reasons()).toEqual({
    schedules: expect.stringMatching(/^a schedule is due for 6\d s and has not fired/),
    runs: expect.stringMatching(/^the oldest run waits for 60\d s/),
    certificates: 'certificates that expire soon: acme (3 days left)',
  });
});

it('is silent about what waits because a person has paused it', async () => {
  await store.db.$executeRaw`UPDATE schedule SET next_fire_at = NULL`;
  await store.db
    .$executeRaw`UPDATE transfer_route SET paused_at = now(), paused_by = 'Ada', pause_reason = 'holiday'`;
  expect(Object.keys(await reasons())).toEqual(['certificates']);
});

it('says that nobody tells the ends of runs; not while one is being told, or waits for its next try', async () => {
  const { db } = store;
  const [run] = await db.$queryRaw<{ id: string }[]>`
    UPDATE run SET state = 'failed', finished_at = now() - interval '10 min' RETURNING id::text`;
  const runId = run!.id;
  await db.runCallback.create({
    data: {
      runId,
      url: 'https://hooks.example.com/',
      secret: 'webhook-x',
      messageId: runId,
      state: 'due',
      notBefore: new Date(Date.now() - 310_000),
    },
  });
  expect((await reasons())['callbacks']).toMatch(
    /^1 ends of runs are to be told, and nobody has taken up the first of them for 31\d s/,
  );
  await db.$executeRaw`UPDATE run_callback SET lease_owner = 'w', lease_until = now() + interval '50 s'`;
  expect(Object.keys(await reasons())).not.toContain('callbacks');
  // A receiver who is slow: what waits for him waits for him, and not for a worker.
  const another = async (url: string) => {
    await db.$executeRaw`
      INSERT INTO run (SELECT (jsonb_populate_record(run, jsonb_build_object('id', gen_random_uuid(), 'idempotency_key', NULL))).*
                         FROM run WHERE id = ${runId}::uuid)`;
    await db.$executeRaw`
      INSERT INTO run_callback (run_id, url, secret, state, message_id, not_before)
      SELECT id, ${url}, 'webhook-x', 'due', gen_random_uuid(), now() - interval '309 s'
        FROM run WHERE id NOT IN (SELECT run_id FROM run_callback) AND finished_at IS NOT NULL`;
  };
  await another('https://hooks.example.com/other');
  expect(Object.keys(await reasons())).not.toContain('callbacks');
  await another('https://others.example.com/');
  expect((await reasons())['callbacks']).toMatch(/^3 ends of runs are to be told, .* for 3\d\d s/);
  await db.$executeRaw`
    UPDATE run_callback SET lease_owner = NULL, lease_until = NULL, not_before = now() + interval '1 hour'`;
  expect(Object.keys(await reasons())).not.toContain('callbacks');
});

it('says that the keys of secrets are away as long as somebody misses them', async () => {
  const recorder = new RunRecorder(store);
  await recorder.recordKeyOutage('w1', 'Vault is sealed.', { goesOn: false });
  expect((await reasons())['keys']).toMatch(/^the keys that open secrets are away/);
  await recorder.endKeyOutage('w1', 0);
  expect(Object.keys(await reasons())).not.toContain('keys');
});
