import { expect, it } from 'vitest';
import { Health } from './health.ts';
import { createLogger } from './logger.ts';

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

it('writes one short line for a person', () => {
  const lines: string[] = [];
  createLogger({ level: 'info', format: 'line', write: (line) => lines.push(line) }).error(
    { err: new Error('gone'), code: 'x' },
    'failed',
  );
  expect(lines).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d error failed {2}code=x {2}error="gone"\n$/)]);
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
