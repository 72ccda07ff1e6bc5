import { expect, it } from 'vitest';
import { hintOf } from './event-hint.ts';

it('says what was asked for', () => {
  const changes = [{ kind: 'create', noun: 'api_key', name: 'erp', fields: [] }];
  expect(hintOf({ action: 'configuration.approval_requested', details: { changes } })).toBe(
    'create API key erp',
  );
});

it('names the options that were changed, the first three of many', () => {
  const fields = ['host', 'port', 'tls.pins', 'username', 'root'].map((path) => ({ path }));
  expect(hintOf({ action: 'endpoint.changed', details: { fields } })).toBe('host, port, tls.pins and 2 more');
});

it('tells rights of before from those of after', () => {
  const details = { role: { before: 'viewer', after: 'operator' }, disabled: { before: true, after: false } };
  expect(hintOf({ action: 'user.changed', details })).toBe('role: viewer → operator, disabled: yes → no');
});

it('takes what says most, and cuts what is long', () => {
  expect(hintOf({ action: 'run.requested', details: { trigger: 'schedule', route: 'nightly' } })).toBe(
    'nightly',
  );
  expect(
    hintOf({ action: 'transfer.published', details: { destinationPath: 'x'.repeat(500) } }),
  ).toHaveLength(161);
  expect(hintOf({ action: 'run.planning', details: { attempt: 1, note: '' } })).toBeUndefined();
});
