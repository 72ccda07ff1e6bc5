import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Faults, issueCertificate, makeAuthority } from '#apps/partner-sim';
import type { ErrorCode } from '#domain';
import { readClientHello } from './support/client-hello.ts';
import {
  expectDelivered,
  expectNotDelivered,
  expectRefused,
  expectTlsRefused,
} from './support/expectations.ts';
import { answerTo } from './support/scripts.ts';
import { type Situation, Stage } from './support/stage.ts';

const names = { commonName: 'localhost', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
const authority = makeAuthority({ commonName: 'Authority' });

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

describe.each(['pull', 'push'] as const)('a %s', (direction) => {
  it.each([
    ['AUTH TLS is refused', 'tls_not_offered', { faults: { authTls: 'refuse' } }],
    ['AUTH TLS is answered with 334', 'tls_not_offered', { faults: answerTo('AUTH', '334 Go on.\r\n') }],
    ['AUTH TLS is answered with 230', 'tls_not_offered', { faults: answerTo('AUTH', '230 You are in.\r\n') }],
    ['AUTH TLS is answered with 200', 'tls_not_offered', { faults: answerTo('AUTH', '200 Fine.\r\n') }],
    ['AUTH TLS is answered with 431', 'tls_not_offered', { faults: answerTo('AUTH', '431 Not now.\r\n') }],
    ['AUTH TLS is not answered', 'reply_timeout', { faults: answerTo('AUTH'), deadlines: { replyMs: 200 } }],
    ['the greeting is 230 (PREAUTH)', 'protocol_violation', { faults: answerTo('', '230 Welcome.\r\n') }],
  ] as [string, ErrorCode, Situation][])(
    'row 19, ftps 4.1: where %s ends as %s, and nothing goes out in clear',
    async (_, code, situation) => {
      const scene = await stage.play(direction, situation);
      await expectRefused(stage, scene, code);
      expect(scene.verbs().filter((verb) => !['AUTH', 'QUIT'].includes(verb))).toEqual([]);
      expect(scene.sim.clearBytes().toString('latin1')).not.toMatch(/USER|PASS|waybill/);
    },
  );

  it.each([
    ['in the same segment', 'protocol_violation', answerTo('AUTH', '234 Go ahead.\r\n230 Welcome.\r\n')],
    ['as the beginning of a line', 'protocol_violation', answerTo('AUTH', '234 Go ahead.\r\n2')],
    ['before it', 'tls_not_offered', answerTo('AUTH', '331 Password?\r\n234 Go ahead.\r\n')],
    ['with the greeting', 'protocol_violation', answerTo('', '220 Ready.\r\n234 Go ahead.\r\n')],
  ] as [string, ErrorCode, Faults][])(
    'row 20, ftps 4.1: with bytes around 234, %s, is refused before TLS begins',
    async (_, code, faults) => {
      const scene = await stage.play(direction, { faults });
      await expectRefused(stage, scene, code);
      expect(scene.verbs()).not.toContain('USER');
      expect([scene.negotiations, scene.sim.handshakes]).toEqual([[], []]);
    },
  );

  it.each([
    ['for ever', { authTls: 'accept_then_plain' }],
    ['in a segment of their own', answerTo('AUTH', '234 Go ahead.\r\n', { pauseMs: 20 }, '230 Welcome.\r\n')],
  ] as [string, Faults][])(
    'row 20, ftps 4.1: with clear bytes after 234, %s, is refused',
    async (_, faults) => {
      const scene = await stage.play(direction, { faults });
      const code = await expectNotDelivered(stage, scene);
      expect(['protocol_violation', 'tls_handshake_failed']).toContain(code);
      expect(scene.verbs()).not.toContain('USER');
      expect(scene.sim.handshakes).toEqual([]);
    },
  );

  it.each([
    ['PBSZ', '503 No.'],
    ['PBSZ', '536 No.'],
    ['PROT', '500 What?'],
    ['PROT', '534 Not available.'],
    ['PROT', '536 Level not supported.'],
    ['PROT', '431 Not now.'],
    ['PROT', '200-Fine\r\n534 No.\r\n200 But yes.'],
  ])('row 21: where %s is answered with %j', async (verb, reply) => {
    const scene = await stage.play(direction, { faults: answerTo(verb, `${reply}\r\n`) });
    if (reply.startsWith('200')) return expectDelivered(stage, scene);
    await expectRefused(stage, scene, 'tls_private_data_refused');
    expect(scene.verbs()).not.toContain(direction === 'pull' ? 'MLSD' : 'STOR');
  });

  it.each([
    ['in clear', 'tls_data_channel_refused', { dataChannel: 'clear' }],
    [
      'with another certificate of the same authority',
      'tls_data_channel_refused',
      { dataChannel: 'other_certificate' },
    ],
    ['that is closed', 'tls_data_channel_refused', { dataChannel: 'close' }],
  ] as [string, ErrorCode, Faults][])(
    'row 22, ftps 4.4: with a data connection %s is refused',
    async (_, code, faults) => {
      const scene = await stage.play(direction, { faults, deadlines: { handshakeMs: 400, replyMs: 1_000 } });
      const found = await expectNotDelivered(stage, scene);
      if (faults.dataChannel === 'close') expect(['tls_session_not_reused', code]).toContain(found);
      else expect(found).toBe(code);
      expectTlsRefused(scene, 'tls_data_channel_refused', { channel: 'data' });
    },
  );
});

describe('who answers the data connection', () => {
  const thief = (other: ReturnType<typeof issueCertificate>): Situation => ({
    sim: { identity: { ...issueCertificate(authority, names), caPem: authority.certificatePem, other } },
    faults: { dataChannel: 'other_certificate' },
  });

  it.each([
    ['of the same authority and name', issueCertificate(authority, names), 'tls_data_channel_refused'],
    [
      'of the same authority and another name',
      issueCertificate(authority, { ...names, dnsNames: ['thief.example'], ipAddresses: [] }),
      'tls_name_mismatch',
    ],
    [
      'of another authority',
      issueCertificate(makeAuthority({ commonName: 'Thieves' }), names),
      'tls_untrusted_certificate',
    ],
  ] as const)('row 22, ftps 4.4: a thief with a certificate %s gets nothing', async (_, other, code) => {
    for (const sessionReuse of ['required', 'preferred', 'off'] as const) {
      const situation = thief(other);
      const scene = await stage.push({ ...situation, tls: { sessionReuse } });
      await expectRefused(stage, scene, code);
      expectTlsRefused(scene, code, { channel: 'data' });
    }
  });

  it('ftps 4.4: a server that resumed before and does not now is refused', async () => {
    let times = 0;
    const scene = await stage.pull({
      faults: (sim) => ({
        answer: (reply) => {
          if (reply.startsWith('150') && times++ > 0) sim.faults.dataChannel = 'no_resumption';
          return undefined;
        },
      }),
    });
    await expectRefused(stage, scene, 'tls_session_not_reused');
    expect(scene.negotiations.map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted', 'refused']);
  });
});

describe('CCC and PROT C', () => {
  it('row 21, ftps 4.16: are never said, whatever the server suggests', async () => {
    const answer: Faults['answer'] = (reply, { verb }) =>
      verb === 'FEAT'
        ? [`${reply.replace(' PROT\r\n', ' PROT\r\n CCC\r\n')}\r\n`]
        : verb === 'PROT'
          ? ['200 PROT C is recommended; CCC now.\r\n']
          : undefined;
    const scene = await stage.pull({ faults: { answer } });
    await expectDelivered(stage, scene);
    expect(scene.verbs()).not.toContain('CCC');
    expect(scene.sim.commands.filter(({ verb }) => verb === 'PROT').map(({ argument }) => argument)).toEqual([
      'P',
    ]);
  });

  it.each([
    ['PROT C', { dataProtection: 'clear' }],
    ['CCC', { clearCommandChannel: true }],
    ['AUTH SSL', { auth: ['SSL'] }],
    ['AUTH TLS-C', { auth: ['TLS', 'TLS-C'] }],
  ] as const)(
    'row 21, ftps 4.16: %s asked for by the endpoint is refused unless the installation allows it',
    async (_, tls) => {
      const scene = await stage.pull({ tls: { ...tls } as Situation['tls'] & object });
      await expectRefused(stage, scene, 'invalid_configuration');
      expect(scene.verbs()).toEqual([]);
    },
  );

  it('ftps 4.16: plain FTP asked for by the endpoint is refused unless the installation allows it', async () => {
    const scene = await stage.pull({ endpoint: { protocol: 'ftp', mode: 'plain' } });
    await expectRefused(stage, scene, 'invalid_configuration');
    expect(scene.verbs()).toEqual([]);
  });
});

describe('old TLS', () => {
  const rsa = {
    ...issueCertificate(authority, { ...names, keyType: 'rsa' }),
    caPem: authority.certificatePem,
  };
  it.each([
    ['TLS 1.0', { tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } }],
    ['TLS 1.1', { tls: { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } }],
    ['CBC', { tls: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA256' } }],
    ['static RSA', { identity: rsa, tls: { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' } }],
    [
      'finite-field DH',
      { identity: rsa, tls: { maxVersion: 'TLSv1.2', ciphers: 'DHE-RSA-AES128-GCM-SHA256' } },
    ],
    ['no authentication', { tls: { maxVersion: 'TLSv1.2', ciphers: 'AECDH-AES128-SHA@SECLEVEL=0' } }],
  ] as [string, Situation['sim'] & object][])(
    'row 31, ftps 4.13: a server that knows only %s is refused',
    async (_, sim) => {
      for (const mode of ['explicit', 'implicit'] as const) {
        const scene = await stage.pull({ sim, endpoint: { mode } });
        await expectRefused(stage, scene, 'tls_handshake_failed');
        expectTlsRefused(scene, 'tls_handshake_failed', { channel: 'control', cipher: null });
      }
    },
  );

  it('row 31: what is offered: TLS 1.2 and 1.3, AEAD with forward secrecy, no early data, no compression', async () => {
    const scene = await stage.pull();
    expect(scene.sim.handshakes.length).toBeGreaterThan(2);
    for (const { clientHello } of scene.sim.handshakes) {
      const hello = readClientHello(clientHello);
      expect(hello.versions).toEqual([0x0304, 0x0303]);
      // AEAD suites only: TLS 1.3, and ECDHE with GCM or ChaCha20 (RFC 5289, RFC 7905); 00ff is the renegotiation signal.
      const aead = new Set([0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0x00ff]);
      expect(hello.ciphers.filter((cipher) => !aead.has(cipher))).toEqual([]);
      expect(hello.compressions).toEqual([0]);
      const EARLY_DATA = 42;
      expect(hello.extensions).not.toContain(EARLY_DATA);
    }
  });

  it('row 31: with TLS 1.3 demanded, TLS 1.2 is not offered', async () => {
    const scene = await stage.pull({ tls: { minVersion: 'TLSv1.3' } });
    await expectDelivered(stage, scene);
    expect(readClientHello(scene.sim.handshakes[0]!.clientHello).versions).toEqual([0x0304]);
    const old = await stage.pull({ tls: { minVersion: 'TLSv1.3' }, sim: { tls: { maxVersion: 'TLSv1.2' } } });
    await expectRefused(stage, old, 'tls_handshake_failed');
  });

  it.each(['MLSD', 'RETR'])('row 31, ftps 4.13: a server that renegotiates at %s is left', async (verb) => {
    const scene = await stage.pull({
      sim: { tls: { maxVersion: 'TLSv1.2' } },
      faults: (sim) => ({
        answer(_, command) {
          if (command.verb === verb) sim.renegotiate();
          return undefined;
        },
      }),
    });
    await expectNotDelivered(stage, scene);
  });

  it('ftps 4.13: a server with another ALPN protocol does not get its way', async () => {
    const scene = await stage.pull({ sim: { tls: { alpn: ['http/1.1'] } } });
    if (scene.run.state === 'delivered') await expectDelivered(stage, scene);
    else await expectRefused(stage, scene, 'tls_handshake_failed');
    expect(scene.negotiations.every(({ alpn }) => alpn === null)).toBe(true);
  });
});

describe('client certificates', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'ftps 4.13: a server on %s that demands one we do not have',
    async (version) => {
      for (const mode of ['explicit', 'implicit'] as const) {
        const scene = await stage.pull({
          sim: {
            tls: { minVersion: version, maxVersion: version, clientAuthority: authority.certificatePem },
          },
          endpoint: { mode },
        });
        await expectRefused(stage, scene, 'tls_client_certificate_refused');
        expectTlsRefused(scene, 'tls_client_certificate_refused', { channel: 'control' });
        expect(scene.verbs()).not.toContain('PASS');
      }
    },
  );

  it('ftps 4.13: with one that it accepts, on control and data alike', async () => {
    const own = issueCertificate(authority, { commonName: 'waybill', usage: 'client' });
    const scene = await stage.pull({
      sim: { tls: { clientAuthority: authority.certificatePem } },
      clientCertificate: { cert: own.certificatePem, key: own.privateKeyPem },
    });
    await expectDelivered(stage, scene);
  });
});

describe('a handshake that is too much', () => {
  it('row 32: a certificate chain of 1 MB is refused', async () => {
    const leaf = issueCertificate(authority, names);
    const filler = makeAuthority({ commonName: 'x'.repeat(60_000) }).certificatePem;
    const scene = await stage.pull({
      sim: {
        identity: {
          ...leaf,
          certificatePem: leaf.certificatePem + filler.repeat(13),
          caPem: authority.certificatePem,
        },
      },
    });
    await expectRefused(stage, scene, 'tls_handshake_failed');
    expectTlsRefused(scene, 'tls_handshake_failed', { channel: 'control' });
  });

  it('row 32, ftps 4.13: a handshake of random bytes is refused', async () => {
    // One in a thousand looks like the beginning of a long record, whose rest would be waited for.
    const noRecord = randomBytes(100).fill(0xff, 1, 2);
    const scene = await stage.pull({ faults: { wire: () => ({ does: { bytes: noRecord } }) } });
    await expectRefused(stage, scene, 'tls_handshake_failed');
  });
});
