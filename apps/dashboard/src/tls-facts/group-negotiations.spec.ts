import { describe, expect, it } from 'vitest';
import type { TlsNegotiation } from '#contract';
import { checkSays, closeNotifySays, groupNegotiations, summarize, suspectOf } from './group-negotiations.ts';

const negotiation = (changes: Partial<TlsNegotiation>): TlsNegotiation => ({
  id: 'id',
  runId: null,
  attemptId: null,
  sessionId: 'one',
  endpoint: 'acme-ftps',
  channel: 'control',
  command: 'AUTH TLS',
  mode: 'explicit',
  localAddress: null,
  remoteAddress: null,
  serverName: null,
  alpn: null,
  authReply: null,
  pbszReply: null,
  protReply: null,
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  keyExchangeGroup: null,
  signatureAlgorithm: null,
  resumed: false,
  resumedFrom: null,
  verdict: 'accepted',
  legacyPolicy: null,
  peerCertificates: [],
  nameCheck: 'passed',
  pinCheck: 'not_applicable',
  chainCheck: 'passed',
  closeNotify: 'seen',
  bytesPlain: null,
  bytesWire: null,
  startedAt: '2026-11-21T02:00:00.000Z',
  handshakeMs: 2,
  closedAt: null,
  error: null,
  ...changes,
});

describe('handshakes of an attempt', () => {
  it('stand with their session, the source first, the control connection before its data connections', () => {
    const groups = groupNegotiations({
      sourceSessionId: 'one',
      destinationSessionId: 'two',
      negotiations: [
        negotiation({ id: 'd', sessionId: 'two', endpoint: 'borealis-ftps' }),
        negotiation({ id: 'b2', channel: 'data', startedAt: '2026-11-21T02:00:02.000Z' }),
        negotiation({ id: 'b1', channel: 'data', startedAt: '2026-11-21T02:00:01.000Z' }),
        negotiation({ id: 'x', sessionId: 'elsewhere' }),
        negotiation({ id: 'a', startedAt: '2026-11-21T02:00:05.000Z' }),
      ],
    });
    expect(groups.map(({ end, negotiations }) => [end, negotiations.map(({ id }) => id).join()])).toEqual([
      ['source', 'a,b1,b2'],
      ['destination', 'd'],
      [undefined, 'x'],
    ]);
  });

  it('are told in one sentence, with what is not as it should be', () => {
    expect(summarize([negotiation({}), negotiation({ channel: 'data', resumed: true })])).toEqual({
      tone: 'good',
      says: '2 connections, TLSv1.3, 1 resumed',
    });
    expect(
      summarize([
        negotiation({ protocol: 'TLSv1.2', legacyPolicy: 'auth_ssl' }),
        negotiation({ protocol: null, verdict: 'unprotected', legacyPolicy: 'clear_data' }),
      ]),
    ).toEqual({
      tone: 'warn',
      says: '2 connections, TLSv1.2, 1 without protection, 1 under a legacy policy',
    });
    expect(summarize([negotiation({ verdict: 'refused', protocol: null })]).tone).toBe('bad');
  });

  it('tell the endpoint whose handshake was refused', () => {
    expect(suspectOf([negotiation({}), negotiation({ endpoint: 'cargo', verdict: 'refused' })])).toBe(
      'cargo',
    );
    expect(suspectOf([negotiation({})])).toBeUndefined();
  });
});

describe('a check that was not made', () => {
  it('means something else each time', () => {
    const accepted = { resumed: false, verdict: 'accepted' } as const;
    expect(checkSays('pin', 'not_applicable', accepted).says).toBe('no pin is set');
    expect(checkSays('name', 'not_applicable', { ...accepted, resumed: true }).says).toContain('resumed');
    expect(checkSays('chain', 'not_applicable', { ...accepted, verdict: 'unprotected' }).says).toBe(
      'no certificate',
    );
    expect(checkSays('name', 'failed', accepted)).toEqual({ tone: 'bad', says: 'another name' });
  });
});

describe('the end of a connection', () => {
  it('is proved by other means where nobody looked, for data alone', () => {
    expect(closeNotifySays({ closeNotify: null, channel: 'data' })).toBe('the connection is open');
    expect(closeNotifySays({ closeNotify: 'unobserved', channel: 'control' })).toBe('not looked at');
    expect(closeNotifySays({ closeNotify: 'unobserved', channel: 'data' })).toContain('size or hash');
    expect(closeNotifySays({ closeNotify: 'not_seen', channel: 'data' })).toContain('just ended');
  });
});
