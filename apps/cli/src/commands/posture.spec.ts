import { expect, it } from 'vitest';
import type { PostureObject } from '#contract';
import { describePosture } from './posture.ts';

const SEEN = { connections: 3, lastSeenAt: '2026-11-20T00:00:00.000Z' };
const POSTURE: PostureObject = {
  ...{
    endpoint: 'acme-ftps',
    partner: 'acme',
    protocol: 'ftps',
    mode: 'explicit',
    policy: null,
    legacyPolicies: [],
  },
  connections: { total: 4, accepted: 3, refused: 1, unprotected: 0, since: null, until: null },
  versions: [{ version: 'TLSv1.2', ...SEEN }],
  ciphers: [{ version: 'TLSv1.2', cipher: 'ECDHE-RSA-AES128-GCM-SHA256', ...SEEN }],
  ...{ keyExchanges: [], refusals: [], doctor: null },
  certificates: [
    {
      ...{ sha256: 'a', spkiSha256: 'k', subject: 'CN=ftp.acme.example', issuer: 'CN=y', notBefore: '' },
      ...{ notAfter: '2026-12-24T00:00:00.000Z', daysLeft: 33, pinned: false, verdict: 'accepted', ...SEEN },
    },
  ],
  stricter: [
    { policy: 'no_legacy_policies', effect: 'in_force', connections: 0, says: 'It asks for none.' },
    { policy: 'tls_1_3', effect: 'breaks', connections: 3, says: '3 of 3 did not agree on it.' },
    { policy: 'pinned_key', effect: 'unknown', connections: 0, says: 'Nothing was seen.' },
  ],
};

it('says what is in use, what ends, and what would break; what is in force needs no word', () => {
  expect(describePosture(POSTURE, 110)).toEqual([
    'acme-ftps (acme): 4 connections, 1 refused',
    '  versions  TLSv1.2 (3)',
    '  ciphers   ECDHE-RSA-AES128-GCM-SHA256 (3)',
    '  certificate until 2026-12-24, 33 days left: CN=ftp.acme.example',
    '  tls_1_3 would break it: 3 of 3 did not agree on it.',
    '  pinned_key is not known: Nothing was seen.',
  ]);
});

it('an endpoint that nobody has used has one line', () => {
  const connections = { ...POSTURE.connections, total: 0, refused: 0 };
  const unused = { ...POSTURE, partner: null, connections, versions: [], certificates: [], stricter: [] };
  expect(describePosture(unused, 110)).toEqual(['acme-ftps: 0 connections']);
});
