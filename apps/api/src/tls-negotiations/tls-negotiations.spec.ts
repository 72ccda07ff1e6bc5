import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page, TlsNegotiation } from '#contract';
import type { TlsNegotiation as TlsNegotiationFact } from '#domain';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

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
