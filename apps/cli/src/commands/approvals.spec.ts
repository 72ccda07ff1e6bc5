import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { Approval } from '#contract';
import { createApiKey } from '#identity';
import { SAMPLE } from '../../../api/testing/sample-configuration.ts';
import { startTestApi, type TestApi } from '../../../api/testing/start-test-api.ts';
import { sayToCommandLine } from '../../testing/say-to-command-line.ts';
import { describeApproval } from './approvals.ts';

let api: TestApi;
let second: string;
beforeAll(async () => {
  api = await startTestApi(SAMPLE, { rules: { fourEyes: true } });
  const other = { name: 'second', role: 'admin', actor: { kind: 'user', name: 'somebody-else' } } as const;
  second = (await createApiKey(api.store, api.identityKeys, other)).key;
});
afterAll(() => api.close());
afterEach(() => vi.unstubAllEnvs());

async function waybill(key: string, ...args: string[]) {
  vi.stubEnv('WAYBILL_URL', api.url);
  vi.stubEnv('WAYBILL_API_KEY', key);
  return sayToCommandLine(['approvals', ...args]);
}

async function ask(username: string): Promise<string> {
  const author = { actor: { kind: 'api_key', name: 'admin' }, partners: 'all', routes: 'all' } as const;
  const outcome = await api.configuration.change(author, 'endpoint', 'acme-ftps', { username }, '*');
  if (outcome.state !== 'pending') throw new Error('it was applied');
  return outcome.approval.id;
}

it('lists what waits with all that it would change, and takes the word of another person only', async () => {
  expect(await waybill(second)).toMatchObject({ code: 0, said: 'nothing waits for approval' });
  const id = await ask('new-name');
  const { said } = await waybill(second, 'list');
  expect(said.split('\n')).toEqual([
    expect.stringMatching(new RegExp(`^\\S+Z {2}configuration {2}pending {2}${id}$`)),
    '  api_key admin asks to change the endpoint "acme-ftps" (username)',
    '    ~ endpoint acme-ftps',
    '        username: "waybill" -> "new-name"',
    `  then: waybill approvals approve ${id}   (or waybill approvals reject ${id} --reason TEXT)`,
  ]);
  expect(await waybill(api.keys.admin, 'approve', id)).toMatchObject({
    code: 2,
    said: expect.stringMatching(/another admin/),
  });
  expect(await waybill(api.keys.viewer, 'approve', id)).toMatchObject({ code: 2 });
  const approved = await waybill(second, 'approve', id, '--note', 'seen');
  expect(approved).toMatchObject({
    code: 0,
    said: expect.stringContaining(`approval ${id} is approved by api_key second: seen`),
  });
  expect(await waybill(second, 'approve', id)).toMatchObject({
    code: 2,
    said: expect.stringContaining('It was approved'),
  });
  const { endpoints } = await api.configuration.read();
  expect(endpoints).toContainEqual(expect.objectContaining({ name: 'acme-ftps', username: 'new-name' }));
});

it('rejects with a reason, and lists by state', async () => {
  const id = await ask('other-name');
  expect((await waybill(second, 'reject', id)).code).toBe(2);
  expect(await waybill(second, 'reject', id, '--reason', 'not agreed')).toMatchObject({
    code: 0,
    said: `approval ${id} is rejected by api_key second: not agreed`,
  });
  const { json } = await waybill(second, 'list', '--state', 'rejected', '--json');
  expect((json as Approval[]).map((one) => one.id)).toEqual([id]);
  expect(await waybill(second, '--state', 'lost')).toMatchObject({
    code: 2,
    said: expect.stringContaining('--state lost'),
  });
  expect((await waybill(second, 'approve', 'x')).code).toBe(2);
});

it('cuts nothing of what is to be approved', () => {
  const after = 'x'.repeat(5_000);
  const lines = describeApproval({
    id: '0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11',
    kind: 'configuration',
    state: 'pending',
    requestedAt: '2026-11-21T02:15:00.000Z',
    requestedBy: { kind: 'user', name: 'ada' },
    summary: 'create the endpoint "a"',
    changes: [{ kind: 'create', noun: 'endpoint', name: 'a', fields: [{ path: 'tls.ca', after }] }],
    decidedAt: null,
    decidedBy: null,
    note: null,
  });
  expect(lines[1]).toBe('  ada asks to create the endpoint "a"');
  expect(lines.join('\n')).toContain(after);
});
