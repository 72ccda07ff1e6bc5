import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { readDashboard } from './dashboard-files.ts';

const PAGE = '<!doctype html><title>Waybill</title><script type="module" src="/assets/index-1.js"></script>';

let folder: string;
let api: TestApi;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-dashboard-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), PAGE);
  await writeFile(join(folder, 'assets', 'index-1.js'), 'export {};');
  await writeFile(join(folder, 'theme.js'), '// before the first paint');
  const dashboard = await readDashboard(folder);
  api = await startTestApi({ partners: [], endpoints: [], routes: [] }, { dashboard });
});

afterAll(async () => {
  await api?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the dashboard', () => {
  it.each([
    '/',
    '/sign-in',
    '/runs',
    '/runs/5f0d93b1-a2c4-4d6e-8f00-112233445566',
    '/new/endpoint',
    '/settings/users',
  ])('answers %s with its page, to anybody', async (path) => {
    const answer = await api.call('GET', path);
    expect([answer.status, answer.text]).toEqual([200, PAGE]);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('allows scripts and styles of its own files only, no frame around it, and no text that becomes a script', async () => {
    const policy = (await api.call('GET', '/')).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|data:|https?:|\*/);
  });

  it('lets browsers keep what changes its name with its content, and nothing else', async () => {
    const asset = await api.call('GET', '/assets/index-1.js');
    expect(asset.text).toBe('export {};');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await api.call('GET', '/theme.js')).headers.get('cache-control')).toBe('no-store');
  });

  it('is sent compressed to who takes that, and plain to the others', async () => {
    const ask = (encoding: string) =>
      api.call('GET', '/', undefined, { headers: { 'accept-encoding': encoding } });
    expect((await ask('gzip')).headers.get('content-encoding')).toBe('gzip');
    expect((await ask('gzip')).text).toBe(PAGE);
    expect((await ask('identity')).headers.get('content-encoding')).toBeNull();
  });

  it('tells its length to HEAD and nothing more', async () => {
    const answer = await api.call('HEAD', '/', undefined, { headers: { 'accept-encoding': 'identity' } });
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(PAGE)));
  });

  it.each([
    '/index.html',
    '/Runs',
    '/nothing',
    '/assets/',
    '/assets/other.js',
    '/assets/..%2findex.html',
    '//runs',
    '/runs/..;/',
    '/api/v1/nothing',
    '/API/v1/runs',
    '/api/runs',
    '/health/live',
    '/metrics',
  ])('knows nothing of %s', async (path) => {
    const answer = await api.call('GET', path);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toContain('<!doctype');
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('has nothing for %s', async (method) => {
    expect((await api.call(method, '/runs', undefined)).status).toBe(404);
  });
});

describe('the files of the dashboard', () => {
  it('may not be built at all: then there is REST alone', async () => {
    expect(await readDashboard(join(folder, 'nowhere'))).toBeUndefined();
  });

  it('are refused where something else is among them, or the page is not', async () => {
    await expect(readDashboard(join(folder, 'assets'))).rejects.toThrow('holds no index.html');
    const odd = join(folder, 'odd');
    await mkdir(odd);
    await writeFile(join(odd, 'index.html'), PAGE);
    await writeFile(join(odd, 'server.key'), 'not for anybody');
    await expect(readDashboard(odd)).rejects.toThrow('is of no kind that the dashboard has');
    await rm(odd, { recursive: true });
  });
});
