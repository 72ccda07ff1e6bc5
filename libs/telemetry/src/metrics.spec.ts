import { afterEach, describe, expect, it } from 'vitest';
import { Health } from './health.ts';
import { type InstallationFigures, InstallationMetrics } from './installation-metrics.ts';
import { Metrics } from './metrics.ts';
import { serveTelemetry, type TelemetryServer } from './serve-telemetry.ts';

const FIGURES: InstallationFigures = {
  runs: { queued: 2, running: 1 },
  waitingTransfers: 7,
  queueAgeSeconds: 12.5,
  leases: { live: 3, expired: 1, oldestSeconds: 60, expiredSeconds: 4 },
  callbacks: { due: 3, oldestSeconds: 80 },
  runsWaitingForKeys: 2,
  openIncidents: { run_failed: 1 },
  scheduleLateSeconds: 0,
  certificates: [{ endpoint: 'acme-ftps', daysLeft: 41.5 }],
};

describe('metrics of a process', () => {
  it('count into a registry of its own', async () => {
    const [one, other] = [new Metrics(), new Metrics()];
    one.attempts.inc({ outcome: 'delivered' });
    one.movedBytes.inc(42);
    expect(await one.render()).toContain('waybill_attempts_total{outcome="delivered"} 1');
    expect(await one.render()).toContain('waybill_moved_bytes_total 42');
    expect(await other.render()).not.toContain('outcome="delivered"');
  });

  it('make a few words of what partners choose: their TLS versions are no labels', async () => {
    const metrics = new Metrics();
    const handshake = { channel: 'data', verdict: 'accepted', resumed: true, handshakeMs: 12 } as const;
    for (const protocol of ['TLSv1.3', 'SSLv3', 'x'.repeat(1_000), null])
      metrics.countHandshake({ ...handshake, protocol });
    const text = await metrics.render();
    const labels = [...text.matchAll(/waybill_tls_handshakes_total\{.*protocol="([^"]*)"/g)].map(
      ([, label]) => label,
    );
    expect(labels.sort()).toEqual(['TLSv1.3', 'none', 'other']);
    expect(text).toContain('waybill_tls_handshake_seconds_count{channel="data"} 4');
  });

  it('measure each phase once, though it is entered again before it ends', async () => {
    const metrics = new Metrics();
    const clock = metrics.startPhases<'open' | 'stream'>();
    for (const phase of ['open', 'stream', 'stream'] as const) clock.enter(phase);
    clock.end();
    clock.end();
    const text = await metrics.render();
    expect(text).toContain('waybill_phase_seconds_count{phase="open"} 1');
    expect(text).toContain('waybill_phase_seconds_count{phase="stream"} 1');
  });
});

describe('metrics of the installation', () => {
  it('show what the database knows, and forget what it does not say any more', async () => {
    const metrics = new Metrics();
    const installation = new InstallationMetrics(metrics.registry);
    installation.show(FIGURES);
    installation.count({
      runs: { failed: 1 },
      transfers: { delivered: 3 },
      deliveredBytes: 30,
      callbacks: { given_up: 4 },
      handshakeFailures: { certificate_expired: 2 },
    });
    const text = await metrics.render();
    for (const line of [
      'waybill_database_up 1',
      'waybill_runs{state="queued"} 2',
      'waybill_transfers_waiting 7',
      'waybill_queue_age_seconds 12.5',
      'waybill_leases 3',
      'waybill_leases_expired 1',
      'waybill_lease_age_seconds 60',
      'waybill_lease_expired_seconds 4',
      'waybill_callbacks_due 3',
      'waybill_callback_age_seconds 80',
      'waybill_callbacks_total{outcome="given_up"} 4',
      'waybill_runs_waiting_for_keys 2',
      'waybill_incidents_open{kind="run_failed"} 1',
      'waybill_certificate_days_left{endpoint="acme-ftps"} 41.5',
      'waybill_runs_total{state="failed"} 1',
      'waybill_transfers_total{state="delivered"} 3',
      'waybill_delivered_bytes_total 30',
      'waybill_tls_handshake_failures_total{error="certificate_expired"} 2',
    ])
      expect(text).toContain(line);
    installation.show({ ...FIGURES, runs: {}, certificates: [] });
    const later = await metrics.render();
    expect(later).not.toContain('state="queued"');
    expect(later).not.toContain('acme-ftps');
    expect(later).toContain('waybill_runs_total{state="failed"} 1');
  });

  it('say that the database is away', async () => {
    const metrics = new Metrics();
    const installation = new InstallationMetrics(metrics.registry);
    installation.show(FIGURES);
    installation.showDatabaseAway();
    const text = await metrics.render();
    expect(text).toContain('waybill_database_up 0');
    expect(text).not.toContain('state="queued"');
  });
});

describe('health', () => {
  it('is well only when every check is, and says which one is not', async () => {
    const health = new Health();
    health.add('database', async () => undefined);
    expect(await health.report()).toMatchObject({ ok: true, degraded: false });
    health.add('queue', async () => 'not connected');
    health.add('scheduler', () => Promise.reject(new Error('boom')));
    expect(await health.report()).toEqual({
      ok: false,
      degraded: false,
      checks: {
        database: { ok: true },
        queue: { ok: false, reason: 'not connected' },
        scheduler: { ok: false, reason: 'boom' },
      },
    });
  });

  it('goes on working with what only people can mend, and says it', async () => {
    const health = new Health();
    health.add('database', async () => undefined);
    health.add('certificates', async () => 'acme expires', { advisory: true });
    expect(await health.report()).toEqual({
      ok: true,
      degraded: true,
      checks: { database: { ok: true }, certificates: { ok: false, reason: 'acme expires' } },
    });
  });

  it('does not wait for a check that hangs', async () => {
    const health = new Health(20);
    health.add('database', () => new Promise(() => undefined));
    expect(await health.report()).toMatchObject({
      ok: false,
      checks: { database: { reason: 'no answer for 0.02 s' } },
    });
  });
});

describe('the port of a process without one', () => {
  let server: TelemetryServer | undefined;
  afterEach(() => server?.close());

  async function serve(health = new Health()): Promise<string> {
    server = await serveTelemetry({ host: '127.0.0.1', port: 0, metrics: new Metrics(), health });
    return server.url;
  }

  it('shows metrics and health with reasons, and nothing else', async () => {
    const health = new Health();
    const url = await serve(health);
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('version=0.0.4');
    expect(await metrics.text()).toContain('# TYPE waybill_phase_seconds histogram');
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'live' });
    expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({ status: 'ready', checks: {} });
    health.add('certificates', async () => 'soon', { advisory: true });
    const degraded = await fetch(`${url}/health/ready`);
    expect([degraded.status, await degraded.json()]).toEqual([
      200,
      { status: 'degraded', checks: { certificates: { ok: false, reason: 'soon' } } },
    ]);
    health.add('queue', async () => 'away');
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    for (const [path, method] of [
      ['/', 'GET'],
      ['/metrics', 'POST'],
      ['/metrics/', 'GET'],
      ['/metrics?x', 'GET'],
    ])
      expect((await fetch(`${url}${path}`, { method: method! })).status).toBe(404);
  });

  it('says that it is taken', async () => {
    const port = Number(new URL(await serve()).port);
    await expect(
      serveTelemetry({ host: '127.0.0.1', port, metrics: new Metrics(), health: new Health() }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
