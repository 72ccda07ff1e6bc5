import { describe, expect, it } from 'vitest';
import type { PostureObject } from '#contract';
import { clearedByMove, credentialWords, withCredentials } from './cleared-credentials.ts';
import { isSetAlready, settingsOf, settingsToConfirm } from './finding-settings.ts';
import { judgePins, pinOf } from './pin-standing.ts';

type Certificate = PostureObject['certificates'][number];
const certificate = (spkiSha256: string): Certificate => ({
  ...{ sha256: spkiSha256, spkiSha256, subject: 'CN=a', issuer: 'CN=b', notBefore: '', notAfter: '' },
  ...{ daysLeft: 10, pinned: false, verdict: 'accepted', connections: 1, lastSeenAt: '2026-11-21T00:00:00Z' },
});
const [now, before] = [certificate('now='), certificate('before=')];

describe('pins', () => {
  it('are in use, staged, or of a key that was shown earlier', () => {
    const { pins, stranger } = judgePins([pinOf(before), 'sha256/next=', pinOf(now)], [now, before]);
    expect(pins.map(({ standing }) => standing)).toEqual(['earlier', 'staged', 'in_use']);
    expect(stranger).toBeUndefined();
  });

  it('warn of a key that none of them is', () => {
    expect(judgePins([pinOf(before)], [now, before]).stranger).toBe(now);
    expect(judgePins([], [now]).stranger).toBeUndefined();
    expect(judgePins(['sha256/next='], []).stranger).toBeUndefined();
  });
});

describe('credentials of an endpoint that moves', () => {
  const server = {
    ...{ protocol: 'ftps', host: 'a', port: 21, password: { secret: 's' }, account: { env: 'A' } },
    tls: { pins: ['p'] },
  };
  const proxy = { kind: 'socks5', host: 'p', port: 1, password: { secret: 'x' } };

  it.each([
    ['another host', server, { ...server, host: 'b' }, ['password', 'account']],
    ['another port', server, { ...server, port: 22 }, ['password', 'account']],
    ['nothing of that', server, { ...server, maxSessions: 2 }, []],
    ['another trust without a proxy', server, { ...server, tls: { pins: [] } }, []],
    [
      'another trust behind a proxy',
      { ...server, proxy },
      { ...server, proxy, tls: { pins: [] } },
      ['password', 'account'],
    ],
    [
      'another proxy',
      { ...server, proxy },
      { ...server, proxy: { ...proxy, host: 'q' } },
      ['password', 'account', 'proxy.password'],
    ],
    ['a new proxy', server, { ...server, proxy }, ['password', 'account']],
    ['no proxy any more', { ...server, proxy }, server, []],
    [
      'another host with another password',
      server,
      { ...server, host: 'b', password: { secret: 't' } },
      ['account'],
    ],
    ['a directory', server, { protocol: 'local', root: '/a' }, []],
  ])('are cleared by %s as the api clears them', (_, one, other, cleared) => {
    expect(clearedByMove(one, other)).toEqual(cleared);
  });

  it('of a new endpoint stay', () => expect(clearedByMove(undefined, server)).toEqual([]));

  it('stay where they are said again with the change', () => {
    const after = { ...server, host: 'b', proxy };
    expect(
      withCredentials({ host: 'b', proxy: { host: 'p' } }, after, ['password', 'proxy.password']),
    ).toEqual({
      host: 'b',
      password: { secret: 's' },
      proxy: { host: 'p', password: { secret: 'x' } },
    });
    expect(credentialWords(['password', 'account', 'proxy.password'])).toBe(
      'the password, the account and the password at the proxy',
    );
  });
});

describe('what the doctor wants', () => {
  const finding = (set?: Record<string, string | string[]>) => ({
    step: 's',
    outcome: 'note' as const,
    says: '',
    ms: 1,
    ...(set && { set }),
  });

  it('is put together, and says what the partner has to confirm', () => {
    const findings = [
      finding(),
      finding({ 'tls.pins': ['p'] }),
      finding({ 'tls.sessionReuse': 'preferred' }),
    ];
    expect(settingsOf(findings)).toEqual({ 'tls.pins': ['p'], 'tls.sessionReuse': 'preferred' });
    expect(settingsToConfirm(findings)).toEqual(['tls.pins']);
  });

  it('is set already where it is configured like this', () => {
    const endpoint = { tls: { pins: ['p'] } };
    expect(isSetAlready(endpoint, finding({ 'tls.pins': ['p'] }))).toBe(true);
    expect(isSetAlready(endpoint, finding({ 'tls.pins': ['q'] }))).toBe(false);
  });
});
