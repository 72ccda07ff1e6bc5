import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeOpenApi } from '#contract';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

const TRIGGER = '/api/v1/routes/nightly/runs';
const JSON_TYPE = { 'content-type': 'application/json' };

describe('bodies', () => {
  it.each<[string, RequestInit, number, string]>([
    ['broken JSON', { body: '{"parameters":', headers: JSON_TYPE }, 400, 'invalid_json'],
    ['a number as body', { body: '1', headers: JSON_TYPE }, 400, 'invalid_json'],
    ['__proto__', { body: '{"__proto__":{"role":"admin"}}', headers: JSON_TYPE }, 400, 'invalid_json'],
    [
      'constructor.prototype',
      { body: '{"parameters":{"constructor":{"prototype":{}}}}', headers: JSON_TYPE },
      400,
      'invalid_json',
    ],
    [
      'JSON 100,000 levels deep',
      { body: `${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`, headers: JSON_TYPE },
      400,
      'invalid',
    ],
    ['a string of 2 MB', json({ parameters: { a: 'x'.repeat(2_000_000) } }), 413, 'payload_too_large'],
    ['a NUL', json({ parameters: { a: '\0' } }), 400, 'invalid_json'],
    ['half a character', json({ parameters: { a: '\ud800' } }), 400, 'invalid_json'],
    ['a NUL in a key', json({ parameters: { '\0': 'a' } }), 400, 'invalid_json'],
    [
      'a form',
      { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported_media_type',
    ],
    ['text', { body: '{}', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported_media_type'],
    [
      'JSON in Latin 1',
      { body: '{}', headers: { 'content-type': 'application/json; charset=iso-8859-1' } },
      415,
      'unsupported_media_type',
    ],
    [
      'a deflate bomb',
      {
        body: deflateSync(Buffer.alloc(50_000_000)),
        headers: { ...JSON_TYPE, 'content-encoding': 'deflate' },
      },
      415,
      'unsupported_media_type',
    ],
    [
      'gzip',
      { body: gzipSync('{}'), headers: { ...JSON_TYPE, 'content-encoding': 'gzip' } },
      415,
      'unsupported_media_type',
    ],
  ])('%s is refused', async (_, init, status, code) => {
    const answer = await api.call('POST', TRIGGER, api.keys.operator, init);
    const problem = problemOf(answer);
    expect(problem.status).toBe(status);
    expect(problem.code).toContain(code);
    expect(await api.store.db.run.count()).toBe(0);
    expect(Object.prototype).not.toHaveProperty('role');
  });

  it('of strangers is not even read', async () => {
    const answer = await api.call('POST', TRIGGER, undefined, { body: '{broken', headers: JSON_TYPE });
    expect(problemOf(answer).code).toBe('unauthenticated');
  });
});

describe('answers', () => {
  it.each(['/', '/api', '/api/v1', '/api/v1/nothing', '/index.html', '/api/v1/routes/nightly/runs'])(
    'GET %s is a 404 problem',
    async (path) => {
      expect(problemOf(await api.call('GET', path, api.keys.admin))).toMatchObject({
        type: 'urn:waybill:problem:not_found',
        status: 404,
        code: 'not_found',
      });
    },
  );

  it('carry the id of the request, given or made', async () => {
    const given = await api.call('GET', '/api/v1/nothing', undefined, {
      headers: { 'x-request-id': 'abc-1' },
    });
    expect(given.headers.get('x-request-id')).toBe('abc-1');
    expect(problemOf(given).requestId).toBe('abc-1');
    const forged = await api.call('GET', '/api/v1/health/live', undefined, {
      headers: { 'x-request-id': '<script>' },
    });
    expect(forged.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('tell browsers to do nothing with them, and not what they were made with', async () => {
    const { headers } = await api.call('GET', '/api/v1/runs', api.keys.viewer);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

describe('the description', () => {
  it('is the document made from the table', async () => {
    const answer = await api.call('GET', '/api/v1/openapi.json', api.keys.viewer);
    const { version } = JSON.parse(answer.text).info;
    expect(JSON.parse(answer.text)).toEqual(JSON.parse(JSON.stringify(makeOpenApi(version))));
  });

  it('can be read as a page that loads nothing from elsewhere', async () => {
    const answer = await api.call('GET', '/api/docs', api.keys.viewer);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(answer.text).toContain('/api/v1/routes/{name}/runs');
    expect(answer.text).not.toMatch(/<script|src=|href=/);
    expect(answer.headers.get('content-security-policy')).toMatch(/style-src 'sha256-/);
  });
});
