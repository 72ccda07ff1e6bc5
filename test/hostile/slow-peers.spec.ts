import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Faults, Piece } from '#apps/partner-sim';
import type { ErrorCode, TlsPolicy } from '#domain';
import {
  expectNotDelivered,
  expectNothingTold,
  expectRefused,
  expectSourceUntouched,
  expectTlsRefused,
} from './support/expectations.ts';
import { answerTo } from './support/scripts.ts';
import { type Situation, Stage } from './support/stage.ts';
import { type StoppedListener, startStoppedListener } from './support/stopped-listener.ts';

/** The engine's, divided by fifty and more. */
const deadlines = {
  connectMs: 300,
  handshakeMs: 300,
  replyMs: 300,
  finalReplyMs: 300,
  hashReplyMs: 300,
  dataWindowMs: 300,
  dataMinimumBytesPerSecond: 10_000,
};
/** No deadline above may be stretched by what trickles in. */
const PATIENCE_MS = 5_000;
const large = { 'a.csv': 'z'.repeat(20_000_000) };

let stage: Stage;
let nobody: StoppedListener;
beforeAll(async () => {
  [stage, nobody] = await Promise.all([Stage.open(), startStoppedListener()]);
});
afterAll(async () => {
  await nobody.close();
  await stage.close();
});

async function endsInTime(direction: 'pull' | 'push', situation: Situation, code: ErrorCode) {
  const startedMs = performance.now();
  const scene = await stage.play(direction, { deadlines, ...situation });
  expect(performance.now() - startedMs).toBeLessThan(PATIENCE_MS);
  await expectRefused(stage, scene, code);
  return scene;
}

const drip = (reply: string): Piece[] => [...`${reply}\r\n`].flatMap((byte) => [byte, { pauseMs: 25 }]);
const dripping = (verb: string): Faults => ({
  answer: (reply, command) => (command.verb === verb ? drip(`${reply} and so on and on and on`) : undefined),
});

describe('before anything is said', () => {
  it('ftps 4.11: TCP that is not answered', async () => {
    await endsInTime('pull', { endpoint: { host: '127.0.0.1', port: nobody.port } }, 'connect_timeout');
  });

  it('row 04, ftps 4.11: no greeting', async () => {
    await endsInTime('pull', { faults: { banner: 'silent' } }, 'reply_timeout');
  });

  it('row 04, ftps 4.11: a greeting that drips', async () => {
    await endsInTime('pull', { faults: dripping('') }, 'reply_timeout');
  });

  it('row 04: greetings of 120 without end', async () => {
    const answer: Faults['answer'] = (_, { verb }) => (verb === '' ? waiting() : undefined);
    const scene = await stage.pull({ deadlines, faults: { answer } });
    const code = await expectNotDelivered(stage, scene);
    expect(['reply_timeout', 'protocol_violation']).toContain(code);
  });

  function* waiting(): Generator<Piece> {
    for (let count = 0; count < 1_000; count++) yield* ['120 Soon.\r\n', { pauseMs: 20 }];
  }
});

describe('replies', () => {
  it.each(['AUTH', 'USER', 'PASS', 'PBSZ', 'PROT', 'FEAT', 'TYPE', 'EPSV', 'MLSD', 'MLST', 'RETR'])(
    'row 04, ftps 4.11: to %s that drips ends at an absolute deadline',
    async (verb) => {
      await endsInTime('pull', { faults: dripping(verb) }, 'reply_timeout');
    },
  );

  it.each(['AUTH', 'USER', 'MLST', 'STOR'])('ftps 4.11: to %s that never comes', async (verb) => {
    const scene = await stage.push({ deadlines, faults: answerTo(verb) });
    expect(await expectNotDelivered(stage, scene)).toBe('reply_timeout');
  });

  it.each(['RNFR', 'RNTO'])('ftps 4.11: to %s that never comes: held, for nobody knows', async (verb) => {
    const scene = await stage.push({ deadlines, faults: answerTo(verb) });
    expect(scene.run.state).toBe('held');
    expect(scene.attempts.at(-1)).toMatchObject({ outcome: 'held', errorCode: 'reply_timeout' });
    await expectSourceUntouched(scene);
    await expectNothingTold(stage, scene);
  });

  it('ftps 4.11: to HASH that never comes', async () => {
    const scene = await stage.pull({
      deadlines,
      faults: answerTo('HASH'),
      route: { verify: { minimum: 'hash_by_server' } },
    });
    expect(await expectNotDelivered(stage, scene)).toBe('reply_timeout');
  });

  it.each(['pull', 'push'] as const)('ftps 4.11: to a finished %s that never comes', async (direction) => {
    const answer: Faults['answer'] = (reply, { verb }) =>
      ['RETR', 'STOR'].includes(verb) && reply.startsWith('226') ? [] : undefined;
    await endsInTime(direction, { faults: { answer } }, 'reply_timeout');
  });
});

describe('handshakes', () => {
  const slow: [string, NonNullable<Faults['wire']>][] = [
    ['that never begins', () => ({ does: 'stall' })],
    ['that stalls in the middle', () => ({ afterBytes: 200, does: 'stall' })],
    ['that drips', () => ({ does: { dripMs: 20 } })],
  ];
  it.each(slow)('row 32, ftps 4.11: on the control connection %s', async (_, wire) => {
    for (const mode of ['explicit', 'implicit'] as const) {
      const faults: Faults = {
        wire: (channel, command) => (channel === 'control' ? wire(channel, command) : undefined),
      };
      const scene = await endsInTime('pull', { faults, endpoint: { mode } }, 'reply_timeout');
      expectTlsRefused(scene, 'reply_timeout', { channel: 'control', protocol: null });
    }
  });

  it.each(slow)('row 32, ftps 4.11: on the data connection %s', async (_, wire) => {
    for (const tls of [{}, { sessionReuse: 'preferred' }] satisfies Partial<TlsPolicy>[]) {
      const faults: Faults = {
        wire: (channel, command) => (channel === 'data' ? wire(channel, command) : undefined),
      };
      const scene = await endsInTime('pull', { faults, tls }, 'tls_data_channel_refused');
      expectTlsRefused(scene, 'tls_data_channel_refused', { channel: 'data' });
    }
  });

  it('ftps 4.11: on a data connection that is taken and never used', async () => {
    const scene = await endsInTime('pull', { faults: { dataChannel: 'silent' } }, 'tls_data_channel_refused');
    expectTlsRefused(scene, 'tls_data_channel_refused', { channel: 'data' });
  });
});

describe('data', () => {
  it('ftps 4.11: whose TCP connection is not answered', async () => {
    const answer: Faults['answer'] = (_, { verb }) =>
      verb === 'EPSV'
        ? [`229 ok (|||${nobody.port}|)\r\n`]
        : verb === 'PASV'
          ? [`227 ok (127,0,0,1,${nobody.port >> 8},${nobody.port & 255})\r\n`]
          : undefined;
    await endsInTime('pull', { faults: { answer } }, 'connect_timeout');
  });

  it.each([
    // Not one byte: what the server says when we have closed is the better reason.
    [0, 'connection_lost'],
    [1, 'transfer_interrupted'],
    [15, 'transfer_interrupted'],
  ] as const)('ftps 4.11: that stop after %i bytes', async (stallDownloadAfterBytes, code) => {
    await endsInTime('pull', { faults: { stallDownloadAfterBytes } }, code);
  });

  it('ftps 4.11: that are all there, on a connection that never ends', async () => {
    await endsInTime(
      'pull',
      { faults: { stallDownloadAfterBytes: stage.content.length } },
      'transfer_interrupted',
    );
  });

  it.each(['MLSD', 'RETR'])('row 04, ftps 4.11: of %s that drip below the minimum rate', async (verb) => {
    const rows = Array.from({ length: 500 }, (_, index) => `type=dir; folder-${index}\r\n`);
    const faults: Faults = {
      wire: (_, command) => (command.verb === verb ? { afterBytes: 1_800, does: { dripMs: 20 } } : undefined),
      ...(verb === 'MLSD' && { content: (command) => (command.verb === 'MLSD' ? rows : undefined) }),
    };
    const files = { 'a.csv': 'z'.repeat(20_000) };
    await endsInTime('pull', { faults, files }, 'transfer_interrupted');
  });

  it('ftps 4.11: of an upload that the server does not take', async () => {
    await endsInTime(
      'push',
      { faults: { stallUploadAfterBytes: 1_000 }, files: large },
      'transfer_interrupted',
    );
  });
});
