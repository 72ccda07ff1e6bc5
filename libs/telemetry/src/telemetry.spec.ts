import { expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { bindWork } from './work.ts';

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

it('puts the ids of the work into every line that is logged within, however deep', async () => {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', format: 'json', write: (line) => lines.push(line) });
  const elsewhere = log.child({ part: 'store' });
  await bindWork({ runId: 'r1' }, async () => {
    elsewhere.info('run');
    await bindWork({ transferId: 't1', attempt: 2 }, async () => {
      await Promise.resolve();
      elsewhere.warn({ err: new Error('gone') }, 'transfer');
    });
    elsewhere.info('run again');
  });
  const later = async (runId: string) => {
    await Promise.resolve();
    log.info(runId);
  };
  await Promise.all(['r2', 'r3'].map((runId) => bindWork({ runId }, () => later(runId))));
  log.info('nothing');
  const said = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(said.map(({ msg, runId, transferId, attempt }) => [msg, runId, transferId, attempt])).toEqual([
    ['run', 'r1', undefined, undefined],
    ['transfer', 'r1', 't1', 2],
    ['run again', 'r1', undefined, undefined],
    ['r2', 'r2', undefined, undefined],
    ['r3', 'r3', undefined, undefined],
    ['nothing', undefined, undefined, undefined],
  ]);
});

it.each([
  '530 I did not like "PASS hunter2 with a blank"',
  'PASS hunter2',
  'ACCT hunter2',
  'Authorization: Bearer hunter2hunter2',
  'authorization: basic aHVudGVyMjpodW50ZXIy.hunter2',
  'the key wbk_hunter2hunter2 was refused',
  'the session wbs_hunter2hunter2 has ended',
  'signed with whsec_aa+hunter2/hunter2==',
  'redis://:hunter2@cache',
])('hides what a server or library quotes: %s', (text) => {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', format: 'json', write: (line) => lines.push(line) });
  log.warn({ err: new Error(text), detail: text, list: [text] }, text);
  expect(lines.join()).not.toContain('hunter2');
});

it('leaves words alone that only look like it', () => {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', format: 'json', write: (line) => lines.push(line) });
  log.info('they pass through; the bearer of it; PASSIVE mode; basic rules');
  expect(lines.join()).toContain('they pass through; the bearer of it; PASSIVE mode; basic rules');
});
