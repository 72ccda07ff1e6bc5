import { describe, expect, it } from 'vitest';
import { type CapabilityProfile, type FtpsEndpoint, STRICTER_POLICIES, type StricterPolicy } from '#domain';
import type { PostureRecord, SeenCertificate, SeenConnections } from '#store';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { judgeStricter } from './judge-stricter.ts';

const [server] = SAMPLE.endpoints;
if (server?.protocol !== 'ftps') throw new Error('the sample begins with a server');
const endpoint: FtpsEndpoint = server;

function withTls(tls: Partial<FtpsEndpoint['tls']>): FtpsEndpoint {
  return { ...endpoint, tls: { ...endpoint.tls, ...tls } };
}

function seen(changes: Partial<SeenConnections> = {}): SeenConnections {
  return {
    channel: 'control',
    listing: false,
    verdict: 'accepted',
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    keyExchangeGroup: 'X25519MLKEM768',
    resumed: false,
    legacyPolicy: null,
    closeNotify: 'seen',
    error: null,
    count: 10,
    firstAt: new Date('2026-11-01T00:00:00Z'),
    lastAt: new Date('2026-11-20T00:00:00Z'),
    ...changes,
  };
}

const OLD = {
  protocol: 'TLSv1.2',
  cipher: 'ECDHE-RSA-AES128-GCM-SHA256',
  keyExchangeGroup: 'X25519',
  count: 3,
};
const data = (changes: Partial<SeenConnections> = {}) => seen({ channel: 'data', resumed: true, ...changes });

function doctor(changes: Partial<CapabilityProfile>): CapabilityProfile {
  return {
    probedAt: '2026-11-10T00:00:00.000Z',
    tlsVersions: ['TLSv1.3', 'TLSv1.2'],
    ciphers: ['TLS_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
    ...{
      sessionReuse: null,
      epsv: null,
      passive: null,
      listing: null,
      dialect: null,
      hashes: [],
      restart: null,
    },
    ...{ renameReplaces: null, pipelining: null, clockSkewMs: null },
    ...changes,
  };
}

function certificate(spkiSha256: string, changes: Partial<SeenCertificate> = {}): SeenCertificate {
  return {
    ...{ sha256: 'a', spkiSha256, subject: 'CN=x', issuer: 'CN=y', notBefore: '', notAfter: '' },
    ...{ verdict: 'accepted', count: 4, lastAt: new Date() },
    ...changes,
  };
}

function judge(policy: StricterPolicy, record: Partial<PostureRecord>) {
  const whole = { endpoint, connections: [], certificates: [], profile: null, ...record };
  return judgeStricter(whole).find((each) => each.policy === policy)!;
}

it('judges every policy there is, in their order', () => {
  const judged = judgeStricter({ endpoint, connections: [seen()], certificates: [], profile: null });
  expect(judged.map(({ policy }) => policy)).toEqual(STRICTER_POLICIES);
});

type Case = [what: string, record: Partial<PostureRecord>, effect: string, connections: number, says: string];

describe.each<[StricterPolicy, Case[]]>([
  [
    'tls_1_3',
    [
      ['demanded already', { endpoint: withTls({ minVersion: 'TLSv1.3' }) }, 'in_force', 0, 'nothing below'],
      ['only new ones seen', { connections: [seen()] }, 'holds', 0, 'All 10 connections'],
      [
        'old ones seen',
        { connections: [seen(), seen(OLD)] },
        'breaks',
        3,
        '3 of 13 connections seen did not agree',
      ],
      [
        'old ones seen until the doctor found more',
        {
          connections: [seen({ ...OLD, lastAt: new Date('2026-11-05') })],
          profile: doctor({}),
        },
        'holds',
        0,
        'later than the last',
      ],
      [
        'old ones after the doctor',
        { connections: [seen(OLD)], profile: doctor({}) },
        'breaks',
        3,
        '2026-11-20',
      ],
      [
        'never offered by us',
        { endpoint: withTls({ maxVersion: 'TLSv1.2' }), connections: [seen(OLD)] },
        'unknown',
        0,
        'never offered',
      ],
      [
        'never offered by us, taken by the server',
        { endpoint: withTls({ maxVersion: 'TLSv1.2' }), connections: [seen(OLD)], profile: doctor({}) },
        'holds',
        0,
        '`tls.maxVersion`',
      ],
      [
        'never offered by us, nor taken',
        {
          endpoint: withTls({ maxVersion: 'TLSv1.2' }),
          connections: [seen(OLD)],
          profile: doctor({ tlsVersions: ['TLSv1.2'] }),
        },
        'breaks',
        3,
        'does not take TLS 1.3',
      ],
      ['nothing seen', {}, 'unknown', 0, 'waybill doctor'],
      ['only the doctor', { profile: doctor({}) }, 'holds', 0, '2026-11-10'],
      [
        'only the doctor, with less',
        { profile: doctor({ tlsVersions: ['TLSv1.2'] }) },
        'breaks',
        0,
        'does not',
      ],
      [
        'refused ones count for nothing',
        { connections: [seen({ ...OLD, verdict: 'refused' })] },
        'unknown',
        0,
        'No connection',
      ],
      [
        'no TLS at all',
        {
          endpoint: { ...endpoint, protocol: 'ftp', mode: 'plain' },
          connections: [seen({ verdict: 'unprotected', protocol: null, legacyPolicy: 'plain_ftp' })],
        },
        'breaks',
        10,
        'without TLS',
      ],
    ],
  ],
  [
    'ciphers_256_bit',
    [
      ['strong ones', { connections: [seen()] }, 'holds', 0, 'All 10'],
      [
        'ChaCha20 is one of them',
        { connections: [seen({ cipher: 'TLS_CHACHA20_POLY1305_SHA256' })] },
        'holds',
        0,
        'All 10',
      ],
      ['weaker ones', { connections: [seen(), seen(OLD)] }, 'breaks', 3, '3 of 13'],
      [
        'weaker ones by the choice of a server that takes others',
        { connections: [seen({ cipher: 'TLS_AES_128_GCM_SHA256' })], profile: doctor({}) },
        'holds',
        0,
        'as the doctor saw',
      ],
      [
        'others, but not in the version that would be agreed on',
        {
          connections: [seen({ cipher: 'TLS_AES_128_GCM_SHA256' })],
          profile: doctor({ ciphers: ['TLS_AES_128_GCM_SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'] }),
        },
        'breaks',
        10,
        '10 of 10',
      ],
      ['nothing', {}, 'unknown', 0, 'waybill doctor'],
    ],
  ],
  [
    'post_quantum_key_exchange',
    [
      ['all', { connections: [seen()] }, 'holds', 0, 'X25519MLKEM768'],
      [
        'some',
        { connections: [seen(), seen({ keyExchangeGroup: 'X25519', count: 2 })] },
        'breaks',
        2,
        '2 of 12',
      ],
      [
        'TLS 1.2 never does',
        { connections: [seen({ ...OLD, keyExchangeGroup: null })] },
        'breaks',
        3,
        '3 of 3',
      ],
      ['unsaid', { connections: [seen({ keyExchangeGroup: null })] }, 'unknown', 0, 'No connection'],
    ],
  ],
  [
    'session_reuse_required',
    [
      ['demanded', { connections: [data()] }, 'in_force', 0, 'demands'],
      [
        'preferred, and always so',
        { endpoint: withTls({ sessionReuse: 'preferred' }), connections: [seen(), data()] },
        'holds',
        0,
        'All 10 data connections',
      ],
      [
        'preferred, not always so',
        {
          endpoint: withTls({ sessionReuse: 'preferred' }),
          connections: [seen(), data(), data({ resumed: false, count: 1 })],
        },
        'breaks',
        1,
        '1 of 11 data connections',
      ],
      ['off', { endpoint: withTls({ sessionReuse: 'off' }), connections: [data()] }, 'unknown', 0, 'doctor'],
      [
        'off, and offered by the server',
        { endpoint: withTls({ sessionReuse: 'off' }), profile: doctor({ sessionReuse: 'offered' }) },
        'holds',
        0,
        'resumed sessions',
      ],
      [
        'off, and never by the server',
        {
          endpoint: withTls({ sessionReuse: 'off' }),
          connections: [data({ resumed: false })],
          profile: doctor({ sessionReuse: 'never' }),
        },
        'breaks',
        10,
        'no session',
      ],
    ],
  ],
  [
    'close_notify_required',
    [
      ['demanded', {}, 'in_force', 0, 'demands'],
      [
        'waived, and sent',
        { endpoint: withTls({ closeNotify: 'waived' }), connections: [data({ listing: true })] },
        'holds',
        0,
        '10 listings',
      ],
      [
        'waived, and left out',
        {
          endpoint: withTls({ closeNotify: 'waived' }),
          connections: [data({ closeNotify: 'not_seen', listing: true, count: 2 }), data({ listing: true })],
        },
        'breaks',
        2,
        '2 of 12 listings',
      ],
      [
        'waived; files end otherwise',
        { endpoint: withTls({ closeNotify: 'waived' }), connections: [data({ closeNotify: 'not_seen' })] },
        'unknown',
        0,
        'No listing',
      ],
    ],
  ],
  [
    'no_legacy_policies',
    [
      ['none asked for', {}, 'in_force', 0, 'no way of an older time'],
      [
        'asked for and used',
        {
          endpoint: withTls({ dataProtection: 'clear' }),
          connections: [seen(), data({ verdict: 'unprotected', legacyPolicy: 'clear_data', count: 5 })],
        },
        'breaks',
        5,
        'asks for clear_data; 5 of 15',
      ],
      [
        'asked for and not used',
        { endpoint: withTls({ auth: ['TLS', 'SSL'] }), connections: [seen()] },
        'holds',
        0,
        'asks for auth_ssl',
      ],
      ['asked for, nothing seen', { endpoint: withTls({ auth: ['SSL'] }) }, 'unknown', 0, 'auth_ssl'],
    ],
  ],
  [
    'pinned_key',
    [
      ['pinned', { endpoint: withTls({ pins: ['sha256/x'] }) }, 'in_force', 0, 'pins a key'],
      ['one key', { certificates: [certificate('k'), certificate('k')] }, 'holds', 0, 'sha256/k'],
      [
        'two keys',
        { certificates: [certificate('new'), certificate('old')] },
        'breaks',
        4,
        '2 keys; the last is',
      ],
      [
        'one that was trusted',
        { certificates: [certificate('bad', { verdict: 'refused' }), certificate('k')] },
        'holds',
        0,
        'sha256/k',
      ],
      ['none', {}, 'unknown', 0, 'No certificate'],
    ],
  ],
])('%s', (policy, cases) => {
  it.each(cases)('%s', (_, record, effect, connections, says) => {
    const judged = judge(policy, record);
    expect(judged).toEqual({ policy, effect, connections, says: expect.stringContaining(says) as string });
  });
});
