import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openIncident } from '#audit';
import { fullPath, listOperations } from '#contract';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

const AWKWARD = [
  '\0',
  '%',
  '_',
  '\\',
  "'",
  '"',
  '\ud800',
  '\u202e',
  '*',
  '(?=',
  '[[:x:]]',
  '\\Q',
  'é*',
  '0',
  '-1',
  '1e3',
  '9'.repeat(18),
  '0000-01-01',
  '9999-12-31',
  '2026-02-30',
  '2026-01-01T00:00:00+23:59',
  '0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11',
  'planned',
  'queued',
  'true',
  'acme',
  '',
];
const text = fc.oneof(fc.constantFrom(...AWKWARD), fc.string({ unit: 'binary', maxLength: 40 }));
const ID = '0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11';
/** As the lists write them: by a moment and an id, by a number, or by a name. */
const CURSORS: ((value: string) => string)[] = [
  ...['run', 'transfer', 'tls_negotiation', 'fire', 'incident', 'approval', 'session'].map(
    (list) => (value: string) => `${list} ${value} ${ID}`,
  ),
  ...['audit_event', 'configuration_change'].map((list) => (value: string) => `${list} ${value}`),
  ...['partner', 'endpoint', 'transfer_route', 'secret', 'user', 'api_key'].map(
    (list) => (value: string) => `${list} ${value}`,
  ),
];
const cursor = (text: string) => Buffer.from(text).toString('base64url');

async function expectAnswer(path: string, query: Record<string, string>): Promise<void> {
  const pairs = Object.entries(query).map(([name, value]) => [name, value.toWellFormed()]);
  const search = new URLSearchParams(pairs).toString();
  const answer = await api.call('GET', `${path}?${search}`, api.keys.admin);
  expect(answer.status, `${search} ${answer.text}`).toBeLessThan(500);
}

describe('any input', () => {
  const searches = listOperations().filter(({ operation }) => operation.query);

  it.each(searches)('of one filter of $id is answered without a 5xx', async ({ operation }) => {
    for (const name of Object.keys(operation.query!.shape)) {
      for (const value of AWKWARD) await expectAnswer(fullPath(operation), { [name]: value });
    }
  });

  const paged = searches.filter(({ operation }) => 'cursor' in operation.query!.shape);

  it.each(paged)('as a cursor of $id is answered without a 5xx', async ({ operation }) => {
    const path = fullPath(operation);
    const statuses = await Promise.all(
      CURSORS.map(
        async (write) =>
          (await api.call('GET', `${path}?cursor=${cursor(write('1'))}`, api.keys.admin)).status,
      ),
    );
    // Those of other lists are refused, whatever they say.
    const own = CURSORS.filter((_, index) => statuses[index] === 200);
    expect(statuses.filter((status) => status === 400)).toHaveLength(CURSORS.length - 1);
    expect(own).toHaveLength(1);
    for (const value of AWKWARD) await expectAnswer(path, { cursor: cursor(own[0]!(value)) });
  });

  // More names than there are would never be drawn.
  const combined = searches.filter(({ operation }) => Object.keys(operation.query!.shape).length > 1);

  it.each(combined)('of several filters of $id is answered without a 5xx', async ({ operation }) => {
    const names = Object.keys(operation.query!.shape);
    const queries = fc.dictionary(fc.constantFrom(...names), text, { minKeys: 2, maxKeys: 3 });
    await fc.assert(
      fc.asyncProperty(queries, (query) => expectAnswer(fullPath(operation), query)),
      { numRuns: 40 },
    );
  });

  it('as a body is answered without a 5xx', async () => {
    const body = fc.oneof(
      fc.json({ maxDepth: 3 }).map((value) => JSON.parse(value) as unknown),
      fc.record({ reason: text }),
      fc.record({ reason: text, decision: fc.constantFrom('delivered', 'resend', 'give_up', 'x') }),
      fc.record({ until: text, note: text }),
      fc.record({ parameters: fc.dictionary(text, text) }),
    );
    const { id } = (await api.ask('triggerRun', '/routes/nightly/runs')) as { id: string };
    const incident = await api.store.transaction((tx) =>
      openIncident(tx, {
        kind: 'run_failed',
        object: 'route',
        objectId: 'nightly',
        actor: { kind: 'user', name: 'test' },
        summary: 'For trying things on.',
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        body,
        fc.constantFrom(
          '/routes/asleep/runs',
          `/runs/${id}/cancel`,
          `/runs/${id}/rerun`,
          '/routes/asleep/pause',
          '/routes/asleep/resume',
          '/endpoints/inbox/pause',
          '/endpoints/inbox/resume',
          `/transfers/${id}/resolve`,
          ...['ack', 'snooze', 'resolve'].map((verb) => `/incidents/${incident}/${verb}`),
        ),
        async (value, path) => {
          const answer = await api.call('POST', `/api/v1${path}`, api.keys.admin, json(value));
          expect(answer.status, `${JSON.stringify(value)} ${answer.text}`).toBeLessThan(500);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('as a name in the address is answered without a 5xx', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const path = `/api/v1/routes/${encodeURIComponent(value.toWellFormed())}/runs`;
        const answer = await api.call('POST', path, api.keys.admin);
        expect(answer.status, `${path} ${answer.text}`).toBeLessThan(500);
      }),
      { numRuns: 100 },
    );
  });
});
