import { expect, it } from 'vitest';
import { Health } from './health.ts';
import { createLogger } from './logger.ts';
import { Metrics } from './metrics.ts';

it('binds what the lines are about and hides secret fields', () => {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', format: 'json', write: (line) => lines.push(line) });
  log.child({ runId: 'r1' }).warn({ password: 'hunter2', endpoint: { secret: 'hunter2' } }, 'login failed');
  expect(lines.join()).not.toContain('hunter2');
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'warn',
    runId: 'r1',
    msg: 'login failed',
    password: '[secret]',
  });
});

it.each(['json', 'line'] as const)('lets no secret through at any depth, as %s', (format) => {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', format, write: (line) => lines.push(line) });
  const failure = Object.assign(new Error('cannot reach postgres://app:hunter2@db/waybill'), {
    options: { tls: { passphrase: 'hunter2' } },
  });
  log
    .child({ session: { a: { b: { token: 'hunter2' } } } })
    .warn(
      { err: failure, list: [{ apiKey: 'hunter2' }], headers: { Authorization: 'hunter2' } },
      'redis://:hunter2@cache answers not',
    );
  expect(lines.join()).not.toContain('hunter2');
  expect(lines.join()).toContain('app:[secret]@db/waybill');
});

it('writes one short line for a person', () => {
  const lines: string[] = [];
  createLogger({ level: 'info', format: 'line', write: (line) => lines.push(line) }).error(
    { err: new Error('gone'), code: 'x' },
    'failed',
  );
  expect(lines).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d error failed {2}code=x {2}error="gone"\n$/)]);
});

it('shows control characters instead of obeying them', () => {
  const lines: string[] = [];
  createLogger({ level: 'info', format: 'line', write: (line) => lines.push(line) }).info(
    { file: 'a\u001b[2J\nb' },
    'odd name',
  );
  expect(lines).toEqual([expect.stringMatching(/file=a\\x1b\[2J\\x0ab\n$/)]);
});

it('counts into a registry of its own', async () => {
  const [one, other] = [new Metrics(), new Metrics()];
  one.transfers.inc({ state: 'delivered' });
  one.deliveredBytes.inc(42);
  one.tlsHandshakes.inc({ channel: 'data', protocol: 'TLSv1.3', verdict: 'accepted' });
  expect(await one.render()).toContain('waybill_transfers_total{state="delivered"} 1');
  expect(await one.render()).toContain('waybill_delivered_bytes_total 42');
  expect(await other.render()).not.toContain('state="delivered"');
});

it('is healthy only when every check is, and says which one is not', async () => {
  const health = new Health();
  health.add('database', async () => undefined);
  expect(await health.report()).toMatchObject({ ok: true });
  health.add('queue', async () => 'not connected');
  health.add('scheduler', () => Promise.reject(new Error('boom')));
  expect(await health.report()).toEqual({
    ok: false,
    checks: {
      database: { ok: true },
      queue: { ok: false, reason: 'not connected' },
      scheduler: { ok: false, reason: 'boom' },
    },
  });
});
