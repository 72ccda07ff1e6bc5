import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Faults, PartnerSim, Piece } from '#apps/partner-sim';
import { expectDelivered, expectRefused, expectTlsRefused } from './support/expectations.ts';
import { answerTo, MLST, once, without } from './support/scripts.ts';
import { Stage } from './support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

describe.each(['pull', 'push'] as const)('a %s', (direction) => {
  it('row 01: whose every reply comes byte by byte is delivered', async () => {
    await expectDelivered(stage, await stage.play(direction, { faults: { splitReplies: true } }));
  });

  it('row 01, ftps 4.12: whose lines end with a bare LF is delivered', async () => {
    const answer = (reply: string) => [`${reply.replaceAll('\r\n', '\n')}\n`];
    await expectDelivered(stage, await stage.play(direction, { faults: { answer } }));
  });

  it('row 10: with an unasked-for reply after each transfer is refused, and nothing later is believed', async () => {
    const scene = await stage.play(direction, { faults: { extraReply: true } });
    await expectRefused(stage, scene, 'protocol_violation');
  });
});

describe('sizes', () => {
  it.each([
    '213 -5',
    '213 12abc',
    '213 1e20',
    '213 0x10',
    '213 ',
    '213 3 2',
    '213 ٣٢',
    '213 32.0',
    '213 +32',
    '213 9223372036854775808',
    '213 99999999999999999999',
    '213-32\r\n213 32',
  ])('row 02, ftps 4.6: SIZE answered with %j is no size', async (reply) => {
    const scene = await stage.pull({ faults: without(MLST, answerTo('SIZE', `${reply}\r\n`)) });
    await expectRefused(stage, scene, 'protocol_violation');
  });

  it('row 02: a size above 2^53 is read exactly: it is not the size that was listed', async () => {
    const scene = await stage.pull({ faults: without(MLST, answerTo('SIZE', '213 9007199254740993\r\n')) });
    await expectRefused(stage, scene, 'source_changed');
    expect(scene.run.transfers[0]!.errorDetail).toContain('9007199254740993');
  });

  it.each(['-5', '12abc', '1e20', '99999999999999999999'])(
    'row 02, ftps 4.6: an uploaded file of %s bytes is not delivered',
    async (size) => {
      const scene = await stage.push({
        faults: {
          answer: (reply, { verb }) =>
            verb === 'MLST' && reply.startsWith('250')
              ? [`${reply.replace(/size=\d+/, `size=${size}`)}\r\n`]
              : undefined,
        },
      });
      await expectRefused(stage, scene, 'protocol_violation');
    },
  );
});

describe('replies without end', () => {
  const endless: [string, (sent: { bytes: number }) => Faults][] = [
    [
      'row 03, ftps 4.10: a banner line',
      (sent) => ({ answer: (_, { verb }) => (verb === '' ? forEver('x'.repeat(1024), sent) : undefined) }),
    ],
    [
      'row 03, ftps 4.10: a banner of lines',
      (sent) => ({
        answer: (_, { verb }) => (verb === '' ? forEver(`220-${'x'.repeat(100)}\r\n`, sent) : undefined),
      }),
    ],
    [
      'row 03, ftps 4.10: a FEAT of 10 MB',
      (sent) => ({
        answer: (_, { verb }) =>
          verb === 'FEAT' ? forEver(' FEATURE-OF-TODAY\r\n'.repeat(50), sent, '211-Features\r\n') : undefined,
      }),
    ],
    [
      'ftps 4.10: preliminary replies',
      (sent) => ({
        answer: (reply, { verb }) =>
          verb === 'MLSD' && reply.startsWith('150') ? forEver('150 wait\r\n', sent) : undefined,
      }),
    ],
    [
      'ftps 4.10: replies to nothing',
      (sent) => ({
        answer: (reply, { verb }) => (verb === 'TYPE' ? forEver(`${reply}\r\n`, sent) : undefined),
      }),
    ],
  ];
  it.each(endless)('%s is cut, not read', async (_, faults) => {
    const sent = { bytes: 0 };
    const scene = await stage.pull({ faults: faults(sent) });
    await expectRefused(stage, scene, 'protocol_violation');
    expect(sent.bytes).toBeLessThan(1024 * 1024);
  });

  function* forEver(piece: string, sent: { bytes: number }, first = ''): Generator<Piece> {
    yield first;
    for (; sent.bytes < 64 * 1024 * 1024; sent.bytes += piece.length) yield piece;
  }
});

describe('what is never sent', () => {
  it.each(['\r\nDELE /out/a.csv', '\nDELE /out/a.csv', '\r'])(
    'row 05, ftps 4.7: a user name with %j in it',
    async (bad) => {
      const scene = await stage.pull({ endpoint: { username: `waybill${bad}` } });
      await expectRefused(stage, scene, 'invalid_configuration');
      expect(scene.verbs()).toEqual(['AUTH']);
    },
  );

  it.each(['\r\nDELE /out/a.csv', '\n', '\0'])('row 05, ftps 4.7: a password with %j in it', async (bad) => {
    const scene = await stage.pull({ password: `${stage.password}${bad}` });
    await expectRefused(stage, scene, 'invalid_configuration');
    expect(scene.verbs()).toEqual(['AUTH', 'USER']);
  });

  it.each(['/out\r\nDELE /out/a.csv', '/out\nx', '/out\r'])('row 05, ftps 4.7: the path %j', async (path) => {
    const scene = await stage.pull({ route: { source: { path } } });
    await expectRefused(stage, scene, 'file_name_refused');
    expect(scene.verbs()).not.toContain('DELE');
    expect(scene.verbs()).not.toContain('MLSD');
  });

  it('ftps 4.7: a character whose latin1 byte would be a line feed', async () => {
    const scene = await stage.push({ files: { 'a\u010adele.csv': 'x' }, endpoint: { encoding: 'latin1' } });
    await expectRefused(stage, scene, 'file_name_refused');
    expect(scene.verbs()).not.toContain('STOR');
  });

  it('row 06: a path with the byte 0xFF, which Telnet would read as a command', async () => {
    const scene = await stage.push({ files: { 'ÿ.csv': 'x' }, endpoint: { encoding: 'latin1' } });
    await expectRefused(stage, scene, 'file_name_refused');
    expect(scene.verbs()).not.toContain('STOR');
  });
});

describe('reply confusion', () => {
  it('row 06, ftps 4.12: Telnet negotiation instead of a banner is refused', async () => {
    const faults = answerTo('', Buffer.from('\xff\xfb\x01\xff\xfd\x18220 ready\r\n', 'latin1'));
    await expectRefused(stage, await stage.pull({ faults }), 'protocol_violation');
  });

  it.each([
    ['Telnet commands', '220 \xff\xf9hello\xff\xff\r\n'],
    ['8-bit text', '220-Gr\xfc\xdfe aus K\xf6ln\r\n220 caf\xe9\r\n'],
    ['NUL', '220 he\0llo\r\n'],
    [
      'inner lines with other codes',
      '220-one\r\n530 not the end\r\n220-nor this\r\n  220 nor this\r\n220 end\r\n',
    ],
  ])('row 06, ftps 4.12: a banner with %s is text and nothing else', async (_, banner) => {
    const scene = await stage.pull({ faults: answerTo('', Buffer.from(banner, 'latin1')) });
    await expectDelivered(stage, scene);
  });

  it.each(['', 'AUTH', 'USER', 'PASS', 'PBSZ', 'PROT', 'FEAT', 'TYPE', 'EPSV', 'MLST', 'SIZE'])(
    'row 10, ftps 4.12: two replies to %s instead of one',
    async (verb) => {
      const answer: Faults['answer'] = (reply, command) =>
        command.verb === verb ? [`${reply}\r\n${reply}\r\n`] : undefined;
      const faults = verb === 'SIZE' ? without(MLST, { answer }) : { answer };
      await expectRefused(stage, await stage.pull({ faults }), 'protocol_violation');
    },
  );

  it.each(['226 Done.', '230 Welcome.', '200 ok'])(
    'ftps 4.12: an unasked-for %s between two commands',
    async (reply) => {
      const faults = without(MLST, answerTo('SIZE', `213 32\r\n${reply}\r\n`));
      const files = { 'a.csv': 'x'.repeat(32) };
      await expectRefused(stage, await stage.pull({ faults, files }), 'protocol_violation');
    },
  );

  it('ftps 4.12: a multi-line reply that ends with another code has not ended', async () => {
    const scene = await stage.pull({
      faults: without(MLST, answerTo('SIZE', '553-no\r\n150 yes\r\n')),
      deadlines: { replyMs: 300 },
    });
    await expectRefused(stage, scene, 'reply_timeout');
  });

  it('row 10: 226 before the first byte is no success: a short file is refused', async () => {
    const scene = await stage.pull({ faults: { finalReply: 'early', truncateDownloadAfterBytes: 10 } });
    await expectRefused(stage, scene, 'size_mismatch');
  });

  it('row 10: 226 before the first byte and every byte after it is a delivery, by count', async () => {
    await expectDelivered(stage, await stage.pull({ faults: { finalReply: 'early' } }));
  });

  it('row 10: 226 without 150 and without data is refused', async () => {
    const answer: Faults['answer'] = (reply, { verb }) =>
      verb !== 'RETR' ? undefined : reply.startsWith('150') ? ['226 Done.\r\n'] : [];
    const scene = await stage.pull({ faults: { answer, truncateDownloadAfterBytes: 0 } });
    await expectRefused(stage, scene, 'size_mismatch');
  });

  it('row 10: 226 without 150 and with every byte is a delivery, by count', async () => {
    const answer: Faults['answer'] = (reply, { verb }) =>
      verb !== 'RETR' ? undefined : reply.startsWith('150') ? ['226 Done.\r\n'] : [];
    await expectDelivered(stage, await stage.pull({ faults: { answer } }));
  });

  it('row 10: two 150s and one 226 are a delivery', async () => {
    const answer: Faults['answer'] = (reply) =>
      reply.startsWith('150') ? [`${reply}\r\n${reply}\r\n`] : undefined;
    await expectDelivered(stage, await stage.pull({ faults: { answer } }));
  });

  it.each(['pull', 'push'] as const)('row 10: 426 after 226 takes the %s back', async (direction) => {
    const answer: Faults['answer'] = (reply, { verb }) =>
      ['RETR', 'STOR'].includes(verb) && reply.startsWith('226')
        ? [`${reply}\r\n426 No, not done.\r\n`]
        : undefined;
    await expectRefused(stage, await stage.play(direction, { faults: { answer } }), 'protocol_violation');
  });

  it.each([
    ['226 Done.', 'protocol_violation'],
    ['230 Welcome.', 'protocol_violation'],
    ['550 Gone.', 'file_unavailable'],
    ['451 Disk trouble.', 'transfer_interrupted'],
    ['426 Broke.', 'connection_lost'],
    ['421 Going down.', 'server_busy'],
  ] as const)(
    'ftps 4.12, row 10: an unasked-for %s in the middle of the data is no success',
    async (reply, code) => {
      const scene = await stage.pull({
        files: { 'a.csv': 'x'.repeat(64) },
        faults: (sim) => ({
          content: ({ verb }) => (verb === 'RETR' ? interrupted(sim, reply) : undefined),
        }),
      });
      await expectRefused(stage, scene, code);
    },
  );
});

function* interrupted(sim: PartnerSim, reply: string): Generator<string> {
  yield 'x'.repeat(32);
  sim.say(`${reply}\r\n`);
  yield 'x'.repeat(32);
}

describe('421 and 120', () => {
  it.each([
    '',
    'AUTH',
    'USER',
    'PASS',
    'PBSZ',
    'PROT',
    'FEAT',
    'TYPE',
    'EPSV',
    'MLSD',
    'MLST',
    'SIZE',
    'RETR',
  ])('row 11: 421 to %s is tried again after a pause, and delivered then', async (verb) => {
    const busy = once(verb, '421 Later, please.\r\n');
    const scene = await stage.pull({ faults: verb === 'SIZE' ? without(MLST, busy) : busy, attempts: 3 });
    await expectDelivered(stage, scene);
    expectBusy(scene);
  });

  it.each(['MLST', 'STOR', 'RNFR', 'RNTO'])(
    'row 11: 421 to %s of an upload delivers once, later',
    async (verb) => {
      const scene = await stage.push({ faults: once(verb, '421 Later, please.\r\n'), attempts: 3 });
      await expectDelivered(stage, scene);
      expectBusy(scene);
    },
  );

  it.each(['RETR', 'STOR'])('row 11: 421 instead of the final reply to %s', async (verb) => {
    const scene = await stage.play(verb === 'RETR' ? 'pull' : 'push', {
      faults: once(verb, '421 Later, please.\r\n', '226'),
      attempts: 3,
    });
    await expectDelivered(stage, scene);
    expectBusy(scene);
  });

  it('row 11: 421 to everything ends as server_busy when the attempts are used up', async () => {
    const scene = await stage.pull({ faults: answerTo('USER', '421 Later.\r\n'), attempts: 2 });
    await expectRefused(stage, scene, 'server_busy');
    expect(scene.verbs().filter((verb) => verb === 'USER')).toHaveLength(2);
  });

  it('row 11: 120 is waited for', async () => {
    const answer = answerTo('', '120 In a moment.\r\n', { pauseMs: 20 }, '220 Now.\r\n');
    await expectDelivered(stage, await stage.pull({ faults: answer }));
  });

  it('row 11: 120 and then nothing ends at the deadline', async () => {
    const scene = await stage.pull({
      faults: answerTo('', '120 In a moment.\r\n'),
      deadlines: { replyMs: 200 },
      attempts: 2,
    });
    await expectRefused(stage, scene, 'reply_timeout');
  });

  function expectBusy({ events }: Awaited<ReturnType<Stage['pull']>>): void {
    const busy = events.map(({ details }) => details as { code?: string; retryInMs?: number });
    const failed = busy.filter(({ code }) => code === 'server_busy');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.every(({ retryInMs }) => retryInMs !== undefined && retryInMs > 0)).toBe(true);
  }
});

describe('another service on the port', () => {
  it.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.2p1\r\n'],
    ['POP3', '+OK ready\r\n'],
    ['IMAP', '* OK IMAP4rev1\r\n'],
    ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x46'],
  ])('row 33, ftps 4.14: %s is refused at its first line', async (_, banner) => {
    const scene = await stage.pull({
      faults: answerTo('', Buffer.from(banner, 'latin1')),
      deadlines: { replyMs: 400 },
    });
    await expectRefused(stage, scene, banner.endsWith('\n') ? 'protocol_violation' : 'reply_timeout');
    expect(scene.verbs()).toEqual([]);
  });

  it.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'protocol_violation'],
    ['SMTP that refuses', '554 no mail from you\r\n', 'protocol_violation'],
  ] as const)(
    'row 33, ftps 4.14: %s behind a valid certificate on the implicit port',
    async (_, banner, code) => {
      const scene = await stage.pull({ faults: answerTo('', banner), endpoint: { mode: 'implicit' } });
      await expectRefused(stage, scene, code);
      expect(scene.verbs()).toEqual([]);
    },
  );

  it('row 33, ftps 4.14: SMTP behind a valid certificate learns a user name and no password', async () => {
    const answer: Faults['answer'] = (_, { verb }) =>
      verb === '' ? ['220 mail.example ESMTP\r\n'] : ['502 5.5.2 Error: command not recognized\r\n'];
    const scene = await stage.pull({ faults: { answer }, endpoint: { mode: 'implicit' } });
    await expectRefused(stage, scene, 'auth_rejected');
    expect(scene.verbs()).not.toContain('PASS');
  });

  it('row 33, ftps 4.14: a web server that answers the data connection is not believed', async () => {
    const scene = await stage.pull({
      faults: { dataChannel: 'other_certificate', content: () => ['HTTP/1.1 200 OK\r\n\r\n'] },
    });
    await expectRefused(stage, scene, 'tls_data_channel_refused');
    expectTlsRefused(scene, 'tls_data_channel_refused', { channel: 'data' });
  });
});
