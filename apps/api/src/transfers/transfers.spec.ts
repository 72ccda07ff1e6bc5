import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Attempt, Page, TlsNegotiation, Transfer } from '#contract';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const SHA256 = 'ab'.repeat(32);
const sessionId = randomUUID();

let api: TestApi;
let runId: string;
let attemptId: string;
let transferId: string;
let largeId: string;

beforeAll(async () => {
  api = await startTestApi(SAMPLE);
  const { run } = await api.recorder.createRun({
    routeName: 'nightly',
    trigger: 'operator',
    requestedBy: { kind: 'user', name: 'test' },
  });
  runId = run.id;
  // As a worker leaves it: one delivered, one failed, and thirty waiting.
  transferId = await insertTransfer('/out/a b.csv', {
    state: 'delivered',
    sizeBytes: 12n,
    sha256: SHA256,
    assurance: 'size',
    attemptCount: 1,
    deliveredAt: new Date(),
    finishedAt: new Date(),
  });
  await insertTransfer('/out/deep/b.csv', {
    state: 'failed',
    errorCode: 'permission_denied',
    errorPhase: 'publish',
    errorDetail: '550 no',
    finishedAt: new Date(),
  });
  for (let index = 0; index < 30; index++) await insertTransfer(`/out/plan_${index}.txt`, {});
  largeId = await insertTransfer('/out/huge.bin', {}, 2n ** 60n);
  const attempt = await api.store.db.attempt.create({
    data: {
      transferId,
      number: 1,
      fence: 1,
      worker: 'w1',
      outcome: 'delivered',
      sourceSessionId: sessionId,
      finishedAt: new Date(),
      transcript: new Uint8Array(gzipSync('> USER waybill\n< 331 go on')),
    },
  });
  attemptId = attempt.id;
  await insertNegotiation('control', { command: 'AUTH TLS', attemptId: null });
  await insertNegotiation('data', { command: 'RETR', attemptId, resumed: true, protocol: 'TLSv1.2' });
  await insertNegotiation('data', { command: 'MLSD', attemptId: null, sessionId: randomUUID() });
});
afterAll(() => api.close());

async function insertTransfer(sourcePath: string, changes: object, sourceSizeBytes = 12n): Promise<string> {
  const run = await api.store.db.run.findUniqueOrThrow({ where: { id: runId } });
  const row = await api.store.db.transfer.create({
    data: {
      runId,
      routeId: run.routeId,
      sourceEndpoint: 'acme-ftps',
      sourcePath,
      sourceSizeBytes,
      sourceModified: '20261121120000',
      destinationEndpoint: 'inbox',
      destinationPath: sourcePath.replace('/out', ''),
      ...changes,
    },
  });
  return row.id;
}

async function insertNegotiation(channel: string, changes: object): Promise<void> {
  const endpoint = await api.store.db.endpoint.findUniqueOrThrow({ where: { name: 'acme-ftps' } });
  await api.store.db.tlsNegotiation.create({
    data: {
      id: randomUUID(),
      runId,
      endpointId: endpoint.id,
      endpoint: 'acme-ftps',
      sessionId,
      channel,
      command: 'RETR',
      mode: 'explicit',
      protocol: 'TLSv1.3',
      cipher: 'TLS_AES_256_GCM_SHA384',
      resumed: false,
      peerCertificates: [
        {
          sha256: SHA256,
          spkiSha256: 'c3BraQ==',
          subject: 'CN=ftp.acme.example',
          issuer: 'CN=Acme CA',
          notBefore: '2026-01-01T00:00:00Z',
          notAfter: '2027-01-01T00:00:00Z',
        },
      ],
      nameCheck: 'passed',
      pinCheck: 'not_applicable',
      chainCheck: 'passed',
      verdict: 'accepted',
      startedAt: new Date(),
      handshakeMs: 1.5,
      ...changes,
    },
  });
}

function search(query: string): Promise<Page<Transfer>> {
  return api.ask('listTransfers', `/transfers?${query}`, api.keys.viewer) as Promise<Page<Transfer>>;
}

const without = (page: Page<Transfer>) => page.items.map(({ sourcePath }) => sourcePath).toSorted();

describe('GET /transfers', () => {
  it.each([
    ['name=*.csv', ['/out/a b.csv', '/out/deep/b.csv']],
    ['name=a%20b.csv', ['/out/a b.csv']],
    ['name=?.csv', ['/out/deep/b.csv']],
    ['name=out', []],
    ['state=failed', ['/out/deep/b.csv']],
    [`sha256=${SHA256}`, ['/out/a b.csv']],
    ['partner=acme&state=delivered', ['/out/a b.csv']],
    ['partner=other', []],
    ['endpoint=inbox&name=plan_7.txt', ['/out/plan_7.txt']],
    ['contains=A%20B', ['/out/a b.csv']],
    ['contains=deep/B', ['/out/deep/b.csv']],
    ['contains=%25.csv', []],
    [`sha256Prefix=${SHA256.slice(0, 10).toUpperCase()}`, ['/out/a b.csv']],
    ['contains=b.csv&state=failed&partner=acme', ['/out/deep/b.csv']],
    ['route=hourly', []],
    ['route=nightly&name=plan_1?.txt&until=2026-01-01', []],
    ['name=plan_29.txt&since=2026-01-01T00:00:00%2B01:00', ['/out/plan_29.txt']],
  ])('?%s', async (query, paths) => {
    expect(without(await search(query))).toEqual(paths);
  });

  it('shows each transfer of a run once over all pages', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await search(`runId=${runId}&name=plan*&limit=4${cursor}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toHaveLength(30);
    expect(new Set(seen).size).toBe(30);
  });

  it('says of a failure what it means', async () => {
    const [failed] = (await search('state=failed')).items;
    expect(failed?.error).toMatchObject({
      code: 'permission_denied',
      phase: 'publish',
      detail: '550 no',
      sentence: expect.stringMatching(/\w+/),
    });
  });

  it('counts the states of a run', async () => {
    expect(await api.ask('getRun', `/runs/${runId}`)).toMatchObject({
      transferCounts: { delivered: 1, failed: 1, planned: 31 },
    });
  });
});

describe('a single transfer', () => {
  it('carries the contract', async () => {
    expect(await api.ask('getTransfer', `/transfers/${transferId}`, api.keys.viewer)).toMatchObject({
      id: transferId,
      runId,
      route: 'nightly',
      state: 'delivered',
      sizeBytes: 12,
      sha256: SHA256,
      assurance: 'size',
      attempts: 1,
      error: null,
    });
  });

  it('lists its attempts with their handshakes, the control connection included', async () => {
    const page = (await api.ask('listAttempts', `/transfers/${transferId}/attempts`)) as Page<Attempt>;
    expect(page.items).toMatchObject([
      {
        id: attemptId,
        number: 1,
        outcome: 'delivered',
        hasTranscript: true,
        error: null,
        negotiations: [
          { command: 'AUTH TLS', channel: 'control' },
          { command: 'RETR', channel: 'data' },
        ],
      },
    ]);
  });

  it('shows the dialogue to those who investigate, not to a viewer', async () => {
    const path = `/api/v1/attempts/${attemptId}/transcript`;
    const answer = await api.call('GET', path, api.keys.auditor);
    expect(answer.text).toBe('> USER waybill\n< 331 go on\n');
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(problemOf(await api.call('GET', path, api.keys.viewer)).code).toBe('forbidden');
  });

  it('a size that JSON cannot carry exactly is an error and not a wrong number', async () => {
    const answer = await api.call('GET', `/api/v1/transfers/${largeId}`, api.keys.viewer);
    expect(problemOf(answer)).toMatchObject({ status: 500, code: 'internal' });
    // Nothing of the inside goes out; the log has it under the same id.
    expect(answer.text).not.toMatch(/RangeError|2\^53|\.ts/);
    const requestId = problemOf(answer).requestId!;
    expect(api.logged.some((line) => line.includes(requestId) && line.includes('beyond 2^53'))).toBe(true);
  });

  it.each(['/transfers/ID', '/transfers/ID/attempts', '/attempts/ID/transcript'])(
    '%s is not found',
    async (path) => {
      const answer = await api.call('GET', `/api/v1${path.replace('ID', randomUUID())}`, api.keys.admin);
      expect(problemOf(answer).code).toBe('not_found');
    },
  );
});

describe('GET /tls-negotiations', () => {
  it.each([
    ['', 3],
    ['version=TLSv1.2', 1],
    ['resumed=true', 1],
    ['resumed=false&channel=data', 1],
    ['cipher=TLS_AES_256_GCM_SHA384&partner=acme', 3],
    ['partner=other', 0],
    ['endpoint=acme-ftps&verdict=accepted', 3],
    ['verdict=refused', 0],
    ['from=2100-01-01', 0],
    ['to=2100-01-01', 3],
  ])('?%s finds %i', async (query, count) => {
    const path = `/tls-negotiations?${query}`;
    const page = (await api.ask('listTlsNegotiations', path, api.keys.viewer)) as Page<TlsNegotiation>;
    expect(page.items).toHaveLength(count);
  });

  it('goes on where a page ended', async () => {
    const first = (await api.ask('listTlsNegotiations', '/tls-negotiations?limit=2')) as Page<TlsNegotiation>;
    const path = `/tls-negotiations?limit=2&cursor=${first.nextCursor}`;
    const second = (await api.ask('listTlsNegotiations', path)) as Page<TlsNegotiation>;
    expect(second.nextCursor).toBeNull();
    const all = [...first.items, ...second.items].map(({ id }) => id);
    expect(new Set(all).size).toBe(3);
  });
});
