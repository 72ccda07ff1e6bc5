import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page, TlsNegotiation, TlsSummary } from '#contract';
import type { TlsNegotiation as TlsNegotiationFact } from '#domain';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

let api: TestApi;
let runId: string;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
  const { run } = await api.recorder.createRun({
    routeName: 'nightly',
    trigger: 'operator',
    requestedBy: { kind: 'user', name: 'test' },
  });
  runId = run.id;
});
afterAll(() => api.close());

/** As an adapter reports it. */
function fact(changes: Partial<TlsNegotiationFact>): TlsNegotiationFact {
  return {
    id: randomUUID(),
    sessionId: randomUUID(),
    endpoint: 'acme-ftps',
    channel: 'data',
    command: 'RETR',
    mode: 'explicit',
    localAddress: '192.0.2.1:40000',
    remoteAddress: '192.0.2.2:50000',
    serverName: null,
    alpn: null,
    authReply: '234 go on',
    pbszReply: '200 PBSZ=0',
    protReply: '200 ok',
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    keyExchangeGroup: 'X25519MLKEM768',
    signatureAlgorithm: null,
    resumed: false,
    resumedFrom: null,
    peerCertificates: [],
    nameCheck: 'passed',
    pinCheck: 'not_applicable',
    chainCheck: 'passed',
    verdict: 'accepted',
    legacyPolicy: null,
    error: null,
    startedAt: new Date('2026-11-21T10:00:00Z'),
    handshakeMs: 1,
    ...changes,
  };
}

const UNPROTECTED: Partial<TlsNegotiationFact> = {
  protReply: '200 PROT C',
  protocol: null,
  cipher: null,
  keyExchangeGroup: null,
  nameCheck: 'not_applicable',
  chainCheck: 'not_applicable',
  verdict: 'unprotected',
  legacyPolicy: 'clear_data',
  handshakeMs: 0,
};

async function search(query: string): Promise<TlsNegotiation[]> {
  const page = await api.ask('listTlsNegotiations', `/tls-negotiations?${query}`, api.keys.auditor);
  return (page as Page<TlsNegotiation>).items;
}

it('finds every connection without TLS, with the legacy policy that allowed it', async () => {
  const moment = { worker: 'w1', runId, attemptId: null };
  const protectedOne = fact({});
  const clear = fact(UNPROTECTED);
  const oldWord = fact({ channel: 'control', command: 'AUTH SSL', legacyPolicy: 'auth_ssl' });
  for (const each of [protectedOne, clear, oldWord]) await api.recorder.recordNegotiation(moment, each);

  expect(await search('verdict=unprotected')).toMatchObject([
    { id: clear.id, verdict: 'unprotected', legacyPolicy: 'clear_data', protocol: null, cipher: null },
  ]);
  expect((await search('verdict=accepted')).map(({ id, legacyPolicy }) => [id, legacyPolicy]).sort()).toEqual(
    [
      [protectedOne.id, null],
      [oldWord.id, 'auth_ssl'],
    ].sort(),
  );
  // Allowed is not refused: the audit does not say otherwise.
  const refusals = await api.store.db.auditEvent.findMany({ where: { action: 'tls_negotiation.refused' } });
  expect(refusals).toEqual([]);
});

it('a connection without TLS and without a policy cannot be recorded at all', async () => {
  const moment = { worker: 'w1', runId, attemptId: null };
  const nobody = fact({ ...UNPROTECTED, legacyPolicy: null });
  await expect(api.recorder.recordNegotiation(moment, nobody)).rejects.toThrow(
    'tls_negotiation_unprotected_check',
  );
});

describe('GET /tls-negotiations/summary', () => {
  const summarize = (query: string) =>
    api.ask(
      'summarizeTlsNegotiations',
      `/tls-negotiations/summary?${query}`,
      api.keys.viewer,
    ) as Promise<TlsSummary>;

  it('counts what runs did over time, by version, cipher and verdict; nothing of the doctor', async () => {
    const ofRun = { worker: 'w1', runId, attemptId: null };
    const at = (moment: string, changes: Partial<TlsNegotiationFact> = {}) =>
      fact({ startedAt: new Date(moment), ...changes });
    for (const each of [
      at('2025-05-01T21:59:59Z'),
      at('2025-05-01T22:00:00Z'),
      at('2025-05-03T10:00:00Z', {
        protocol: 'TLSv1.2',
        cipher: 'ECDHE-RSA-AES256-GCM-SHA384',
        channel: 'control',
      }),
      at('2025-05-03T11:00:00Z', UNPROTECTED),
    ])
      await api.recorder.recordNegotiation(ofRun, each);
    await api.recorder.recordNegotiation({ ...ofRun, runId: null }, at('2025-05-01T12:00:00Z'));

    expect(await summarize('from=2025-05-01&to=2025-05-03T20:00:00Z&timezone=Europe/Zurich')).toEqual({
      bucket: 'day',
      timezone: 'Europe/Zurich',
      from: '2025-04-30T22:00:00.000Z',
      to: '2025-05-03T20:00:00.000Z',
      buckets: ['2025-04-30T22:00:00.000Z', '2025-05-01T22:00:00.000Z', '2025-05-02T22:00:00.000Z'],
      total: 4,
      series: [
        {
          version: 'TLSv1.3',
          cipher: 'TLS_AES_256_GCM_SHA384',
          verdict: 'accepted',
          total: 2,
          counts: [1, 1, 0],
        },
        {
          version: 'TLSv1.2',
          cipher: 'ECDHE-RSA-AES256-GCM-SHA384',
          verdict: 'accepted',
          total: 1,
          counts: [0, 0, 1],
        },
        { version: null, cipher: null, verdict: 'unprotected', total: 1, counts: [0, 0, 1] },
      ],
      others: [],
    });
    const may = 'from=2025-05-01&to=2025-05-31';
    expect(await summarize(`${may}&channel=control`)).toMatchObject({
      total: 1,
      bucket: 'day',
      timezone: 'UTC',
    });
    expect(await summarize(`${may}&partner=acme&endpoint=acme-ftps&bucket=week`)).toMatchObject({ total: 4 });
    expect(await summarize(`${may}&partner=nobody`)).toMatchObject({ total: 0, series: [], others: [] });
    expect((await summarize('')).buckets).toHaveLength(31);
  });

  it.each([
    ['bucket=hour&from=2026-01-01&to=2026-03-01', 'query.bucket', 'more than 400'],
    ['from=2026-02-01&to=2026-01-01', 'query.from', 'after'],
    ['timezone=Europe/Londn', 'query.timezone', 'time zone'],
    ['bucket=minute', 'query.bucket', 'hour'],
  ])('refuses ?%s, and says why', async (query, path, message) => {
    const answer = await api.call('GET', `/api/v1/tls-negotiations/summary?${query}`, api.keys.viewer);
    const problem = problemOf(answer);
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problem.errors?.[0]).toMatchObject({ path, message: expect.stringContaining(message) });
  });
});
