import { afterEach, describe, expect, test } from 'vitest';
import type { ErrorCode, TransferError } from '#domain';
import {
  pinOf,
  type Script,
  ScriptedServer,
  type SessionWish,
  selfSigned,
  sessionAt,
  TestAuthority,
  Witness,
} from '../testing/index.ts';

const DAY_MS = 86_400_000;
const authority = new TestAuthority();
const certificate = authority.issue({ commonName: 'partner', names: ['localhost', '127.0.0.1'] });
const servers: ScriptedServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function serve(script: Partial<Script> = {}): Promise<ScriptedServer> {
  const server = await ScriptedServer.start({ certificate, ...script });
  servers.push(server);
  return server;
}

/** Opens a session that must be refused; nothing secret may have left us in clear. */
async function refusal(
  script: Partial<Script>,
  wish: Partial<SessionWish> = {},
): Promise<{ error: TransferError; witness: Witness; server: ScriptedServer }> {
  const server = await serve(script);
  const witness = new Witness();
  const error = await sessionAt(
    {
      port: server.port,
      mode: script.mode ?? 'explicit',
      ...wish,
      tls: { ca: [authority.cert], ...wish.tls },
    },
    witness,
  ).then(
    () => expect.fail('a session was opened'),
    (thrown: TransferError) => thrown,
  );
  expect(server.clearText).not.toMatch(/USER|PASS|hunter2/);
  expect(server.commands.join()).not.toContain('hunter2-secret\n');
  expect(witness.lines.join()).not.toContain('hunter2');
  return { error, witness, server };
}

const wrongPin = pinOf(selfSigned({ commonName: 'other' }).spki);
const badCertificates: Array<[string, Partial<Script>, Partial<SessionWish>, ErrorCode]> = [
  [
    'an unknown authority',
    {},
    { tls: { ca: [new TestAuthority('Another').cert] } },
    'tls_untrusted_certificate',
  ],
  [
    'a self-signed certificate',
    { certificate: selfSigned({ commonName: 'x', names: ['127.0.0.1'] }) },
    {},
    'tls_untrusted_certificate',
  ],
  ['another name', {}, { tls: { serverName: 'ftp.partner.example' } }, 'tls_name_mismatch'],
  [
    'an address it is not for',
    { certificate: authority.issue({ commonName: 'x', names: ['127.0.0.2'] }) },
    {},
    'tls_name_mismatch',
  ],
  [
    'the name only as CN',
    { certificate: authority.issue({ commonName: 'localhost' }) },
    { tls: { serverName: 'localhost' } },
    'tls_name_mismatch',
  ],
  [
    'an expired certificate',
    {
      certificate: authority.issue({
        commonName: 'x',
        names: ['127.0.0.1'],
        notBefore: new Date(Date.now() - 9 * DAY_MS),
        notAfter: new Date(Date.now() - DAY_MS),
      }),
    },
    {},
    'tls_certificate_expired',
  ],
  [
    'a certificate of tomorrow',
    {
      certificate: authority.issue({
        commonName: 'x',
        names: ['127.0.0.1'],
        notBefore: new Date(Date.now() + DAY_MS),
        notAfter: new Date(Date.now() + 9 * DAY_MS),
      }),
    },
    {},
    'tls_certificate_expired',
  ],
  [
    'a client’s certificate',
    { certificate: authority.issue({ commonName: 'x', names: ['127.0.0.1'], usage: 'client' }) },
    {},
    'tls_untrusted_certificate',
  ],
  ['a key that is not pinned', {}, { tls: { pins: [wrongPin] } }, 'tls_pin_mismatch'],
];

test.each([
  [2 * 60_000, true],
  [DAY_MS, false],
])(
  'a certificate that begins in %d ms: the clocks are named where they may be the reason',
  async (ms, named) => {
    const early = authority.issue({
      commonName: 'x',
      names: ['127.0.0.1'],
      notBefore: new Date(Date.now() + ms),
      notAfter: new Date(Date.now() + 9 * DAY_MS),
    });
    const { error } = await refusal({ certificate: early, mode: 'explicit' }, {});
    expect(error.detail).toContain('our clock says');
    expect(error.detail?.includes('compare the clocks')).toBe(named);
  },
);

describe.each(['explicit', 'implicit'] as const)('%s TLS', (mode) => {
  test.each(badCertificates)(
    'is refused for %s, before USER, with the certificate on record',
    async (_what, script, wish, code) => {
      const { error, witness, server } = await refusal({ ...script, mode }, wish);
      expect(error.code).toBe(code);
      expect(error.phase).toBe('negotiate');
      expect(witness.negotiations).toHaveLength(1);
      expect(witness.negotiations[0]).toMatchObject({
        verdict: 'refused',
        error: code,
        channel: 'control',
        mode,
      });
      expect(witness.negotiations[0]!.peerCertificates[0]!.spkiSha256).toMatch(/=$/);
      expect(server.commands.filter((command) => !command.startsWith('AUTH'))).toEqual([]);
    },
  );

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'on %s is accepted with its facts, and data connections resume it',
    async (version) => {
      const files = new Map([['/in/a', Buffer.from('hello')]]);
      const server = await serve({ mode, files, versions: { minVersion: version, maxVersion: version } });
      const witness = new Witness();
      const pin = pinOf(certificate.spki);
      const session = await sessionAt(
        { port: server.port, mode, tls: { ca: [authority.cert], pins: [wrongPin, pin] } },
        witness,
      );
      const signal = new AbortController().signal;
      const received: Buffer[] = [];
      for (let time = 0; time < 3; time += 1)
        expect(
          await session.read('/in/a', (chunk) => void received.push(Buffer.from(chunk)), signal),
        ).toEqual({ sizeBytes: 5n, end: 'unproved' });
      await session.close();
      expect(Buffer.concat(received).toString()).toBe('hellohellohello');
      const [control, ...data] = witness.negotiations;
      expect(control).toMatchObject({
        channel: 'control',
        command: mode === 'explicit' ? 'AUTH TLS' : '(implicit)',
        authReply: mode === 'explicit' ? '234 go' : null,
        serverName: null,
        protocol: version,
        resumed: false,
        resumedFrom: null,
        nameCheck: 'passed',
        pinCheck: 'passed',
        chainCheck: 'passed',
        verdict: 'accepted',
        error: null,
      });
      expect(`sha256/${control!.peerCertificates[0]!.spkiSha256}`).toBe(pin);
      expect(data).toHaveLength(3);
      for (const fact of data)
        expect(fact).toMatchObject({
          channel: 'data',
          command: 'RETR',
          protocol: version,
          resumed: true,
          resumedFrom: control!.id,
          peerCertificates: [],
          protReply: '200 ok',
          pbszReply: '200 ok',
          verdict: 'accepted',
        });
      expect(witness.closings.map(({ negotiationId }) => negotiationId).sort()).toEqual(
        witness.negotiations.map(({ id }) => id).sort(),
      );
      expect(server.clearText).not.toContain('USER');
    },
  );

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'on %s tells when the server demands our certificate',
    async (version) => {
      const { error, witness } = await refusal({
        mode,
        demandClientCertificate: authority.cert,
        versions: { minVersion: version, maxVersion: version },
      });
      expect(error.code).toBe('tls_client_certificate_refused');
      expect(witness.negotiations).toHaveLength(1);
      expect(witness.negotiations[0]).toMatchObject({
        verdict: 'refused',
        error: 'tls_client_certificate_refused',
      });
    },
  );

  test('shows our certificate where the endpoint has one', async () => {
    const server = await serve({ mode, demandClientCertificate: authority.cert });
    const ours = authority.issue({ commonName: 'us', usage: 'client' });
    const session = await sessionAt(
      { port: server.port, mode, tls: { ca: [authority.cert] }, clientCertificate: ours },
      new Witness(),
    );
    await session.close();
    expect(server.commands).toContain('PASS hunter2-secret');
  });

  test('is refused without a common version', async () => {
    const { error, witness } = await refusal(
      { mode, versions: { minVersion: 'TLSv1.3' } },
      { tls: { maxVersion: 'TLSv1.2' } },
    );
    expect(error.code).toBe('tls_handshake_failed');
    expect(witness.negotiations[0]).toMatchObject({ verdict: 'refused', protocol: null });
  });
});

describe('the way into TLS', () => {
  test.each<[string, Partial<Script>, ErrorCode]>([
    ['AUTH refused', { answer: (verb) => (verb === 'AUTH' ? '500 what?' : undefined) }, 'tls_not_offered'],
    [
      'AUTH answered 334',
      { answer: (verb) => (verb === 'AUTH' ? '334 more' : undefined) },
      'tls_not_offered',
    ],
    [
      'AUTH answered 230',
      { answer: (verb) => (verb === 'AUTH' ? '230 logged in' : undefined) },
      'tls_not_offered',
    ],
    [
      '421 instead of 234',
      { answer: (verb) => (verb === 'AUTH' ? '421 too many' : undefined) },
      'server_busy',
    ],
    ['a reply injected after 234', { injected: '230 welcome' }, 'protocol_violation'],
    ['half a reply injected after 234', { injected: '23' }, 'protocol_violation'],
    ['an HTTP server', { greeting: 'HTTP/1.1 400 Bad Request' }, 'protocol_violation'],
    ['a session that begins logged in', { greeting: '230 welcome' }, 'protocol_violation'],
    ['421 as greeting', { greeting: '421 come back later' }, 'server_busy'],
    ['an unasked reply after the greeting', { greeting: '220 ready\r\n220 really' }, 'protocol_violation'],
  ])('is refused for %s, with nothing sent but AUTH', async (_what, script, code) => {
    const { error, server } = await refusal(script);
    expect(error.code).toBe(code);
    expect(server.commands.filter((command) => command !== 'AUTH TLS')).toEqual([]);
  });

  test('TLS is not begun at all after a reply injected behind 234', async () => {
    const { witness } = await refusal({ injected: '230 welcome' });
    expect(witness.negotiations).toEqual([]);
  });

  test.each<[string, Partial<Script>]>([
    ['no greeting', { greeting: '' }],
    ['no answer to AUTH', { answer: (verb) => (verb === 'AUTH' ? '' : undefined) }],
    ['half an answer to AUTH', { answer: (verb) => (verb === 'AUTH' ? '234-' : undefined) }],
  ])('ends by its deadline with %s', async (_what, script) => {
    const { error } = await refusal(script, { deadlines: { replyMs: 80 } });
    expect(error.code).toBe('reply_timeout');
  });

  test('ends by its deadline when the handshake is never answered', async () => {
    // Silent from then on: a ClientHello whose random bytes hold a line end is no command either.
    let started = false;
    const answer = (verb: string) => {
      if (started) return '';
      started = verb === 'AUTH';
      return started ? '234 go' : undefined;
    };
    const { error, witness } = await refusal({ answer }, { deadlines: { handshakeMs: 80 } });
    expect(error.code).toBe('reply_timeout');
    expect(witness.negotiations).toMatchObject([
      { verdict: 'refused', error: 'reply_timeout', protocol: null },
    ]);
  });

  test.each<[string, string, ErrorCode]>([
    ['PBSZ', '533 no', 'tls_private_data_refused'],
    ['PROT', '534 no', 'tls_private_data_refused'],
    ['USER', '332 account?', 'auth_rejected'],
    ['PASS', '530 no', 'auth_rejected'],
    ['PASS', '421 too many', 'server_busy'],
    ['TYPE', '504 no', 'protocol_violation'],
    ['FEAT', '211 a\r\n226 shifted', 'protocol_violation'],
  ])('a refused %s (%s) ends the session', async (verb, answer, code) => {
    const { error, server } = await refusal({ answer: (asked) => (asked === verb ? answer : undefined) });
    expect(error.code).toBe(code);
    // FEAT's surplus reply is found before the next command goes out.
    expect(server.commands.at(-1)).toMatch(new RegExp(`^${verb}`));
  });

  test('an abort ends it, with the reason given', async () => {
    const controller = new AbortController();
    const server = await serve({
      answer: (verb) => {
        if (verb !== 'USER') return undefined;
        controller.abort();
        return '';
      },
    });
    await expect(
      sessionAt(
        { port: server.port, tls: { ca: [authority.cert] }, signal: controller.signal },
        new Witness(),
      ),
    ).rejects.toMatchObject({ code: 'cancelled', phase: 'authenticate' });
  });

  test('a server certificate in `ca` is trusted as it stands', async () => {
    const own = selfSigned({ commonName: 'partner', names: ['127.0.0.1'] });
    const server = await serve({ certificate: own });
    const witness = new Witness();
    const session = await sessionAt(
      { port: server.port, tls: { ca: [own.cert], pins: [pinOf(own.spki)] } },
      witness,
    );
    await session.close();
    expect(witness.negotiations[0]).toMatchObject({ chainCheck: 'passed', pinCheck: 'passed' });
  });

  describe('a pin without an authority', () => {
    const own = selfSigned({ commonName: 'partner', names: ['127.0.0.1'] });
    const other = selfSigned({ commonName: 'partner', names: ['elsewhere.example'] });

    test('trusts the pinned key itself, over a second connection; the first handshake is on record as refused', async () => {
      const server = await serve({ certificate: own });
      const witness = new Witness();
      const session = await sessionAt({ port: server.port, tls: { pins: [pinOf(own.spki)] } }, witness);
      await session.list('/', new AbortController().signal);
      await session.close();
      const [refused, accepted, ...data] = witness.negotiations;
      expect(refused).toMatchObject({
        verdict: 'refused',
        error: 'tls_untrusted_certificate',
        chainCheck: 'failed',
        pinCheck: 'passed',
      });
      expect(accepted).toMatchObject({ verdict: 'accepted', chainCheck: 'passed', pinCheck: 'passed' });
      expect(data.every((fact) => fact.verdict === 'accepted' && fact.resumed)).toBe(true);
      expect(witness.lines.filter((line) => line.startsWith('PASS'))).toHaveLength(1);
    });

    test.each([
      ['another key', own, wrongPin, 'tls_pin_mismatch'],
      ['another name', other, pinOf(other.spki), 'tls_name_mismatch'],
    ] as const)('refuses %s before the login', async (_what, certificate, pin, code) => {
      const server = await serve({ certificate });
      const witness = new Witness();
      const pins = [pin];
      await expect(sessionAt({ port: server.port, tls: { pins } }, witness)).rejects.toMatchObject({ code });
      expect(witness.lines.some((line) => /^(USER|PASS)/.test(line))).toBe(false);
    });
  });

  test('sends the configured name as SNI', async () => {
    const server = await serve();
    const witness = new Witness();
    const session = await sessionAt(
      { port: server.port, tls: { ca: [authority.cert], serverName: 'localhost' } },
      witness,
    );
    await session.close();
    expect(witness.negotiations[0]!.serverName).toBe('localhost');
  });
});
