import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page, PostureObject } from '#contract';
import type { PeerCertificate, TlsNegotiation } from '#domain';
import { createApiKey } from '#identity';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const DAY_MS = 86_400_000;
const ACTOR = { kind: 'user', name: 'test' } as const;
const NOW = new Date();

let api: TestApi;
let runs: Record<string, string>;

beforeAll(async () => {
  const [server, inbox] = SAMPLE.endpoints;
  const [nightly] = SAMPLE.routes;
  const hub = { ...server!, name: 'hub', partner: undefined };
  api = await startTestApi({
    partners: [{ name: 'acme' }, { name: 'globex' }],
    endpoints: [
      ...['acme', 'globex'].map((partner) => ({ ...server!, name: `${partner}-ftps`, partner })),
      ...[hub, inbox!],
    ],
    routes: [
      ...['acme', 'globex'].map((partner) => ({
        ...nightly!,
        name: `${partner}-hub`,
        source: { ...nightly!.source, endpoint: `${partner}-ftps` },
        destination: { ...nightly!.destination, endpoint: 'hub' },
      })),
    ],
  });
  runs = {};
  for (const route of ['acme-hub', 'globex-hub']) {
    const { run } = await api.recorder.createRun({
      routeName: route,
      trigger: 'operator',
      requestedBy: ACTOR,
    });
    runs[route] = run.id;
  }
  await see('acme-hub', {});
  await see('acme-hub', { channel: 'data', command: 'RETR', resumed: true, peerCertificates: [] });
  await see('acme-hub', {
    protocol: 'TLSv1.2',
    cipher: 'ECDHE-RSA-AES128-GCM-SHA256',
    keyExchangeGroup: 'X25519',
  });
  await see('acme-hub', { verdict: 'refused', error: 'tls_name_mismatch', protocol: null, cipher: null });
  await see('acme-hub', { startedAt: new Date(NOW.getTime() - 40 * DAY_MS), protocol: 'TLSv1.2' });
  await see('acme-hub', { endpoint: 'hub', peerCertificates: [certificate('hub of acme', 200)] });
  await see('globex-hub', { endpoint: 'hub', peerCertificates: [certificate('hub of globex', 100)] });
  await see('globex-hub', { endpoint: 'globex-ftps', cipher: 'TLS_AES_128_GCM_SHA256' });
  // The doctor offers what no run would.
  await see(null, { protocol: 'TLSv1.2', cipher: 'ECDHE-RSA-AES128-GCM-SHA256' });
});
afterAll(() => api.close());

function certificate(name: string, days: number): PeerCertificate {
  return {
    sha256: Buffer.from(name).toString('hex').padEnd(64, '0'),
    spkiSha256: `${name} key`,
    subject: `CN=${name}`,
    issuer: 'CN=authority',
    notBefore: NOW.toISOString(),
    // Half a day more, so that the day does not turn while we look.
    notAfter: new Date(NOW.getTime() + (days + 0.5) * DAY_MS).toISOString(),
  };
}

/** As an adapter reports it. */
async function see(route: string | null, changes: Partial<TlsNegotiation>): Promise<void> {
  const fact: TlsNegotiation = {
    ...{
      id: randomUUID(),
      sessionId: randomUUID(),
      endpoint: 'acme-ftps',
      channel: 'control',
      command: 'AUTH TLS',
    },
    ...{ mode: 'explicit', localAddress: null, remoteAddress: null, serverName: null, alpn: null },
    ...{
      authReply: null,
      pbszReply: null,
      protReply: null,
      protocol: 'TLSv1.3',
      cipher: 'TLS_AES_256_GCM_SHA384',
    },
    ...{ keyExchangeGroup: 'X25519MLKEM768', signatureAlgorithm: null, resumed: false, resumedFrom: null },
    ...{ peerCertificates: [certificate('acme', 20)], nameCheck: 'passed', pinCheck: 'not_applicable' },
    ...{ chainCheck: 'passed', verdict: 'accepted', legacyPolicy: null, error: null, handshakeMs: 1 },
    startedAt: new Date(NOW.getTime() - 60_000),
    ...changes,
  };
  await api.recorder.recordNegotiation({ worker: 'w', runId: route && runs[route]!, attemptId: null }, fact);
}

async function posture(query = '', key = api.keys.viewer): Promise<PostureObject[]> {
  return ((await api.ask('listPosture', `/posture${query}`, key)) as Page<PostureObject>).items;
}

describe('GET /posture', () => {
  it('shows of each server what is in use, and until when its certificate is good', async () => {
    const all = await posture();
    expect(all.map(({ endpoint }) => endpoint)).toEqual(['acme-ftps', 'globex-ftps', 'hub']);
    const [acme] = all;
    expect(acme).toMatchObject({
      partner: 'acme',
      protocol: 'ftps',
      policy: { minVersion: 'TLSv1.2', sessionReuse: 'required', pins: 0, authorities: 'system' },
      legacyPolicies: [],
      connections: { total: 4, accepted: 3, refused: 1, unprotected: 0 },
      versions: [
        { version: 'TLSv1.3', connections: 2 },
        { version: 'TLSv1.2', connections: 1 },
      ],
      ciphers: [
        { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', connections: 2 },
        { version: 'TLSv1.2', cipher: 'ECDHE-RSA-AES128-GCM-SHA256', connections: 1 },
      ],
      keyExchanges: [
        { group: 'X25519MLKEM768', connections: 2 },
        { group: 'X25519', connections: 1 },
      ],
      refusals: [{ error: 'tls_name_mismatch', connections: 1 }],
      doctor: null,
      certificates: [{ subject: 'CN=acme', daysLeft: 20, pinned: false, connections: 4 }],
    });
  });

  it('says what a stricter policy would break', async () => {
    const effects = Object.fromEntries(
      (await posture()).map(({ endpoint, stricter }) => [
        endpoint,
        stricter.filter(({ effect }) => effect === 'breaks').map((one) => [one.policy, one.connections]),
      ]),
    );
    expect(effects).toEqual({
      'acme-ftps': [
        ['tls_1_3', 1],
        ['ciphers_256_bit', 1],
        ['post_quantum_key_exchange', 1],
      ],
      'globex-ftps': [['ciphers_256_bit', 1]],
      hub: [['pinned_key', 1]],
    });
  });

  it('looks at the time that is asked for', async () => {
    const since = new Date(NOW.getTime() - 50 * DAY_MS).toISOString();
    const [acme] = await posture(`?endpoint=acme-ftps&from=${since}`);
    expect(acme?.connections).toMatchObject({ total: 5, since: expect.any(String) });
    expect((await posture(`?endpoint=acme-ftps&to=${since}`))[0]).toMatchObject({
      connections: { total: 0, since: null, until: null },
      certificates: [],
    });
  });

  it('knows what the doctor saw', async () => {
    const profile = {
      probedAt: NOW.toISOString(),
      tlsVersions: ['TLSv1.3'],
      ciphers: ['TLS_AES_256_GCM_SHA384'],
    };
    await api.store.db.probe.create({
      data: { endpoint: 'globex-ftps', requestedBy: 'anna', state: 'done', profile, finishedAt: NOW },
    });
    const [globex] = await posture('?partner=globex');
    expect(globex).toMatchObject({ endpoint: 'globex-ftps', doctor: profile });
    expect(globex?.stricter.find(({ policy }) => policy === 'ciphers_256_bit')).toMatchObject({
      effect: 'holds',
    });
  });

  it('shows to somebody who is limited to a partner neither its neighbours nor what they did at a shared server', async () => {
    const { key } = await createApiKey(api.store, api.identityKeys, {
      ...{ name: 'viewer-of-acme', role: 'viewer', actor: ACTOR, partners: ['acme'] },
    });
    const seen = await posture('', key);
    expect(seen.map(({ endpoint }) => endpoint)).toEqual(['acme-ftps', 'hub']);
    expect(JSON.stringify(seen)).not.toContain('globex');
    expect(seen[1]).toMatchObject({
      connections: { total: 1 },
      certificates: [{ subject: 'CN=hub of acme', connections: 1 }],
    });
    expect(await posture('?partner=globex', key)).toEqual([]);
    expect(await posture('?endpoint=globex-ftps', key)).toEqual([]);
  });

  it('comes in pages, by the names of the endpoints', async () => {
    const names: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path: string = `/posture?limit=1${cursor && `&cursor=${cursor}`}`;
      const page = (await api.ask('listPosture', path, api.keys.auditor)) as Page<PostureObject>;
      names.push(...page.items.map(({ endpoint }) => endpoint));
      cursor = page.nextCursor;
    }
    expect(names).toEqual(['acme-ftps', 'globex-ftps', 'hub']);
    const answer = await api.call('GET', '/api/v1/posture?cursor=x', api.keys.auditor);
    expect(problemOf(answer)).toMatchObject({ code: 'invalid_cursor' });
  });
});
