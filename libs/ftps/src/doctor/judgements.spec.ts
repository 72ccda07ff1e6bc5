import { describe, expect, it } from 'vitest';
import { type CheckResult, type PeerCertificate, TransferError } from '#domain';
import { authority, certificate } from '../../testing/scripted-sessions.ts';
import {
  judgeEpsv,
  judgeListing,
  judgePasv,
  judgePipelining,
  judgeReuse,
  type PasvFacts,
  pipeliningOf,
  type ReuseFacts,
} from './judge-data.ts';
import { judgeClock, judgeHash, judgeRemoval, judgeRestart, judgeWrite } from './judge-files.ts';
import { judgeBanner, judgeFeatures, judgeLogin, judgePlain, judgeTcp } from './judge-reach.ts';
import { alternativeNames, type CertificateFacts, judgeCertificate, judgeVersions } from './judge-tls.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(NOW.getTime() + days * DAY_MS).toISOString();
const error = (code: TransferError['code'], reply?: string) =>
  new TransferError(code, { phase: 'connect', ...(reply === undefined ? {} : { reply }) });

function leaf(changes: Partial<PeerCertificate> = {}): PeerCertificate {
  return {
    sha256: '00'.repeat(32),
    spkiSha256: `${'A'.repeat(43)}=`,
    subject: 'C=GB, CN=ftp.acme.example',
    issuer: 'CN=Acme CA',
    notBefore: inDays(-10),
    notAfter: inDays(90),
    ...changes,
  };
}

interface Shown {
  leaf?: Partial<PeerCertificate>;
  name?: CheckResult;
  pin?: CheckResult;
  chain?: CheckResult;
  error?: string;
  pins?: string[];
  ca?: string[];
  trustedByPin?: boolean;
}

function judged(shown: Shown) {
  const facts: CertificateFacts = {
    fact: {
      peerCertificates: [leaf(shown.leaf)],
      nameCheck: shown.name ?? 'passed',
      pinCheck: shown.pin ?? 'not_applicable',
      chainCheck: shown.chain ?? 'passed',
      error: shown.error ?? null,
      protocol: 'TLSv1.3',
      cipher: 'TLS_AES_256_GCM_SHA384',
      keyExchangeGroup: 'X25519MLKEM768',
    },
    leafPem: certificate.cert,
    expectedName: 'ftp.acme.example',
    tls: { ca: shown.ca ?? [], pins: shown.pins ?? [] },
    trustedByPin: shown.trustedByPin ?? false,
    now: NOW,
  };
  return Object.fromEntries(judgeCertificate(facts));
}

describe('the certificate', () => {
  it.each([
    [90, 'ok', /90 days left/],
    [30, 'ok', /30 days left/],
    [29, 'warning', /29 days left.*ask the partner/],
    [1, 'warning', /1 day left/],
    [-1, 'failed', /expired on 2026-11-20/],
  ] as const)('with %i days left is %s', (days, outcome, says) => {
    expect(judged({ leaf: { notAfter: inDays(days) } })['certificate']).toMatchObject({
      outcome,
      says: expect.stringMatching(says),
    });
  });

  it('not valid yet puts our own clock in question first', () => {
    expect(judged({ leaf: { notBefore: inDays(2) } })['certificate']?.says).toMatch(/Check our clock/);
  });

  it('of an unknown authority prints the pin, and says how to confirm it', () => {
    const { authority: judgement } = judged({ chain: 'failed', error: 'tls_untrusted_certificate' });
    expect(judgement).toMatchObject({
      outcome: 'failed',
      set: { 'tls.pins': [`sha256/${'A'.repeat(43)}=`] },
      says: expect.stringMatching(/Confirm this value with the partner first/),
    });
  });

  it('of an unknown authority and with a key that is not the pinned one is never proposed as the pin by the authority step', () => {
    const pins = [`sha256/${'B'.repeat(43)}=`];
    const { authority: judgement, pin } = judged({ chain: 'failed', pin: 'failed', pins });
    expect(judgement?.set).toBeUndefined();
    expect(pin).toMatchObject({ outcome: 'failed', says: expect.stringMatching(/only if it says so/) });
    expect(pin?.set).toEqual({ 'tls.pins': [...pins, `sha256/${'A'.repeat(43)}=`] });
  });

  it('trusted for its pinned key says so', () => {
    const pins = [`sha256/${'A'.repeat(43)}=`];
    expect(judged({ trustedByPin: true, pin: 'passed', pins })).toMatchObject({
      authority: { outcome: 'ok', says: expect.stringMatching(/pinned one/) },
      pin: { outcome: 'ok' },
    });
  });

  it('for another name lists its names and proposes the first one without a wildcard', () => {
    expect(judged({ name: 'failed', error: 'tls_name_mismatch' })['name']).toMatchObject({
      outcome: 'failed',
      set: { 'tls.serverName': '127.0.0.1' },
    });
    const many = authority.issue({ commonName: 'x', names: ['*.acme.example', 'b.example', '10.1.2.3'] });
    expect(alternativeNames(many.cert)).toEqual(['*.acme.example', 'b.example', '10.1.2.3']);
  });
});

describe('TLS versions', () => {
  const policy = {
    minVersion: 'TLSv1.2' as const,
    ca: [],
    pins: [],
    sessionReuse: 'required' as const,
    dataProtection: 'private' as const,
  };
  const accepts = (...versions: ('TLSv1.2' | 'TLSv1.3')[]) => ({
    accepted: versions.map((version) => ({ version, ciphers: ['x'] })),
    interrupted: undefined,
  });

  it('both are well, 1.2 alone is a note, none is a failure', () => {
    expect(judgeVersions(accepts('TLSv1.3', 'TLSv1.2'), policy).outcome).toBe('ok');
    expect(judgeVersions(accepts('TLSv1.2'), policy).outcome).toBe('note');
    expect(judgeVersions(accepts(), policy).outcome).toBe('failed');
  });

  it('that the endpoint does not allow come with the setting that would', () => {
    expect(judgeVersions(accepts('TLSv1.2'), { ...policy, minVersion: 'TLSv1.3' }).set).toEqual({
      'tls.minVersion': 'TLSv1.2',
    });
    expect(judgeVersions(accepts('TLSv1.3'), { ...policy, maxVersion: 'TLSv1.2' }).set).toEqual({
      'tls.maxVersion': 'TLSv1.3',
    });
  });
});

describe('session reuse', () => {
  it.each<
    [ReuseFacts['offered'], ReuseFacts['without'], ReuseFacts['configured'], string, string | undefined]
  >([
    ['resumed', 'refused', 'required', 'ok', undefined],
    ['resumed', 'refused', 'preferred', 'ok', undefined],
    ['resumed', 'refused', 'off', 'failed', 'required'],
    ['resumed', 'accepted', 'required', 'ok', undefined],
    ['resumed', 'accepted', 'off', 'note', 'required'],
    ['full', 'not_examined', 'required', 'failed', 'preferred'],
    ['full', 'not_examined', 'preferred', 'ok', undefined],
    ['full', 'not_examined', 'off', 'ok', undefined],
    ['refused', 'not_examined', 'required', 'failed', undefined],
  ])('%s with, %s without, configured %s: %s', (offered, without, configured, outcome, wanted) => {
    const judgement = judgeReuse({ offered, without, configured });
    expect(judgement.outcome).toBe(outcome);
    expect(judgement.set?.['tls.sessionReuse']).toBe(wanted);
  });
});

describe('passive data connections', () => {
  const works = { named: true, connected: true, error: undefined };
  const unknown = { named: false, connected: false, error: error('protocol_violation', '500 What?') };
  const closed = { named: true, connected: false, error: error('connect_timeout') };

  it.each([
    [works, works, 'ok', undefined],
    [unknown, works, 'note', 'pasv'],
    [unknown, unknown, 'failed', undefined],
    [closed, works, 'warning', 'pasv'],
    [closed, closed, 'failed', undefined],
    [closed, undefined, 'failed', undefined],
  ])('EPSV %#', (epsv, pasv, outcome, command) => {
    const judgement = judgeEpsv(epsv, pasv);
    expect(judgement.outcome).toBe(outcome);
    expect(judgement.set?.['passive.command']).toBe(command);
  });

  const at = (changes: Partial<PasvFacts>): PasvFacts => ({
    ...works,
    advertised: '198.51.100.7',
    peer: '198.51.100.7',
    policy: 'control_host',
    ...changes,
  });
  it.each([
    [at({}), 'ok', undefined],
    [at({ advertised: '10.0.0.5' }), 'note', undefined],
    [at({ advertised: '172.31.0.5', connected: false }), 'warning', undefined],
    [
      at({ advertised: '10.0.0.5', policy: 'advertised' }),
      'warning',
      { 'passive.addressPolicy': 'control_host' },
    ],
    [
      at({ advertised: '203.0.113.9', connected: false }),
      'warning',
      { 'passive.addressPolicy': 'advertised', 'passive.advertisedNetworks': ['203.0.113.9/32'] },
    ],
    [at({ named: false, advertised: null }), 'note', undefined],
  ])('PASV %#', (facts, outcome, set) => {
    const judgement = judgePasv(facts);
    expect(judgement.outcome).toBe(outcome);
    expect(judgement.set).toEqual(set);
  });

  it('a private address is explained as NAT, a public one as somebody else', () => {
    expect(judgePasv(at({ advertised: '100.64.1.1' })).says).toMatch(/NAT/);
    expect(judgePasv(at({ advertised: '100.128.1.1' })).says).toMatch(/is not the server we talk to/);
  });
});

describe('listings and commands ahead', () => {
  const listing = {
    path: '/out',
    command: 'LIST' as const,
    mlsdRefused: false,
    dialect: 'unix',
    entries: 2,
    refused: [],
    closeNotify: 'seen' as const,
    error: undefined,
  };

  it('MLSD is well, LIST a note with its dialect, an unended one a failure with the waiver', () => {
    expect(judgeListing({ ...listing, command: 'MLSD' }).outcome).toBe('ok');
    expect(judgeListing(listing)).toMatchObject({ outcome: 'note', says: expect.stringMatching(/unix/) });
    expect(judgeListing({ ...listing, closeNotify: 'not_seen' })).toMatchObject({
      outcome: 'failed',
      set: { 'tls.closeNotify': 'waived' },
    });
  });

  it('rows that cannot be used are counted, and the first is shown', () => {
    const refused = [{ shown: '..', reason: 'leaves the folder' }];
    expect(judgeListing({ ...listing, refused })).toMatchObject({
      outcome: 'warning',
      says: expect.stringMatching(/1 row could not be used.*leaves the folder/),
    });
  });

  it.each([
    [true, 'RETR', false, 'note', true, true],
    [true, 'RETR', true, 'ok', undefined, true],
    // Pure-FTPd keeps in step during MLSD and not during RETR.
    [true, 'MLSD', false, 'ok', undefined, null],
    [true, undefined, false, 'note', undefined, null],
    [false, undefined, true, 'failed', false, false],
  ])('together %s, ahead of %s, configured %s: %s', (together, verb, configured, outcome, wanted, works) => {
    const ahead = verb === undefined ? undefined : { transfers: 3, verb };
    const facts = { together, ahead, error: undefined, configured };
    const judgement = judgePipelining(facts);
    expect(judgement.outcome).toBe(outcome);
    expect(judgement.set?.['pipelining']).toBe(wanted);
    expect(pipeliningOf(facts)).toBe(works);
  });
});

describe('a trial file', () => {
  it.each([
    [0, 'ok', /agrees/],
    [-1_900, 'ok', /agrees/],
    [45_000, 'note', /45 seconds ahead of ours/],
    [-400_000, 'warning', /7 minutes behind ours/],
    [3_600_000, 'warning', /60 minutes ahead of ours: it states local time/],
    [-5.5 * 3_600_000, 'warning', /5 hours 30 minutes behind ours: it states local time/],
    [null, 'note', /states no times/],
  ])('a clock %s ms away is %s', (skewMs, outcome, says) => {
    expect(judgeClock(skewMs)).toMatchObject({ outcome, says: expect.stringMatching(says) });
  });

  it('of another size, or with a wrong hash, fails', () => {
    expect(judgeWrite('/in', { error: undefined, wrote: 10, stated: 9n }).outcome).toBe('failed');
    expect(judgeWrite('/in', { error: undefined, wrote: 10, stated: null }).outcome).toBe('warning');
    const hash = { announced: ['SHA-256'], tried: true, error: undefined };
    expect(judgeHash({ ...hash, sha256Matches: false }).outcome).toBe('failed');
    expect(judgeHash({ ...hash, sha256Matches: true }).says).toMatch(/hash_by_server/);
    expect(judgeHash({ ...hash, announced: [], sha256Matches: null }).says).toMatch(/read_back/);
  });

  it('announced and broken REST is a warning, what stayed behind a failure that names it', () => {
    expect(judgeRestart({ announced: true, works: false }).outcome).toBe('warning');
    expect(judgeRemoval(['/in/.waybill-doctor-1.part'])).toMatchObject({
      outcome: 'failed',
      says: expect.stringContaining('/in/.waybill-doctor-1.part'),
    });
  });
});

describe('the way there', () => {
  it('one silent address of several is a warning, all of them a failure', () => {
    const open = { address: '192.0.2.1', ms: 11.6, error: undefined };
    const silent = { address: '2001:db8::1', ms: 10_000, error: error('connect_timeout') };
    const at = { host: 'ftp.acme.example', port: 21, proxy: undefined };
    expect(judgeTcp({ ...at, tries: [open] })).toMatchObject({
      outcome: 'ok',
      says: expect.stringMatching(/in 12 ms/),
    });
    expect(judgeTcp({ ...at, tries: [silent, open] })).toMatchObject({
      outcome: 'warning',
      says: expect.stringMatching(/but not at 2001:db8::1/),
    });
    expect(judgeTcp({ ...at, tries: [silent] }).outcome).toBe('failed');
  });

  it('a greeting is shown without its code, and never a terminal sequence', () => {
    const greeting = { code: 220, lines: ['220-\u001b[31mred', '220 Ready'] };
    const { says } = judgeBanner({ mode: 'explicit', greeting, error: undefined, otherMode: undefined });
    expect(says).toBe('The server greets: "\\x1b[31mred / Ready".');
  });

  it('a refused password is said not to be tried again; a busy server is not blamed on it', () => {
    expect(judgeLogin('anna', error('auth_rejected', '530 No.')).says).toMatch(/530 No\..*not try again/);
    expect(judgeLogin('anna', error('server_busy', '421 Full.')).says).not.toMatch(/locked/);
  });

  it('plain FTP is always a warning, with the way out where TLS is offered', () => {
    expect(judgePlain(true)).toMatchObject({
      outcome: 'warning',
      set: { protocol: 'ftps', mode: 'explicit' },
    });
    expect(judgePlain(false).set).toBeUndefined();
  });

  it('a server without UTF8 is a note where the endpoint expects it', () => {
    const features = new Map([['SIZE', '']]);
    expect(judgeFeatures({ features, encoding: 'utf8' }).outcome).toBe('note');
    expect(judgeFeatures({ features, encoding: 'cp1252' }).outcome).toBe('ok');
  });
});
