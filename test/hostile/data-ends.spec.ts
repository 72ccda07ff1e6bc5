import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Faults, PartnerSim } from '#apps/partner-sim';
import {
  expectDelivered,
  expectNotDelivered,
  expectRefused,
  expectTlsRefused,
} from './support/expectations.ts';
import { answerTo, MLST, without } from './support/scripts.ts';
import { Stage } from './support/stage.ts';

const BYTES = 5_000;
const file = 'y'.repeat(BYTES);
const files = { 'a.csv': file };
const SERVER_HASHES = { verify: { minimum: 'hash_by_server' } } as const;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

describe.concurrent('a download', () => {
  it.each([0, 1, 2_500, BYTES - 1])(
    'row 24, ftps 4.5: that ends by a bare FIN after %i of 5000 bytes and a 226 is refused',
    async (truncateDownloadAfterBytes) => {
      const scene = await stage.pull({
        files,
        faults: (sim) => ({ truncateDownloadAfterBytes, answer: omitOnRetr(sim) }),
      });
      await expectRefused(stage, scene, 'size_mismatch');
    },
  );

  it.each([0, 1, 2_500, BYTES - 1])(
    'row 24, ftps 4.5: that ends properly after %i of 5000 bytes and a 226 is refused',
    async (truncateDownloadAfterBytes) => {
      await expectRefused(
        stage,
        await stage.pull({ files, faults: { truncateDownloadAfterBytes } }),
        'size_mismatch',
      );
    },
  );

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'row 24, ftps 4.5: that ends by a bare FIN at its exact size on %s is delivered where size and hash agree',
    async (maxVersion) => {
      const scene = await stage.pull({
        files,
        sim: { tls: { maxVersion } },
        faults: (sim) => ({ omitCloseNotify: false, answer: omitOnRetr(sim) }),
        route: SERVER_HASHES,
      });
      await expectDelivered(stage, scene);
      expect(scene.run.transfers[0]!.assurance).toBe('hash_by_server');
    },
  );

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'row 24, ftps 4.5: of unknown size that ends by a bare FIN on %s is truncated',
    async (maxVersion) => {
      const scene = await stage.pull({
        files,
        sim: { tls: { maxVersion } },
        // Text is converted on the way: the size that was listed means nothing.
        endpoint: { transferType: 'text' },
        faults: (sim) => ({ answer: omitOnRetr(sim) }),
      });
      await expectRefused(stage, scene, 'tls_truncated');
      const retr = scene.negotiations.find(({ command }) => command === 'RETR');
      expect(retr).toMatchObject({ verdict: 'accepted', closeNotify: 'not_seen' });
    },
  );

  it('row 24: a listing that ends by a bare FIN is truncated, and no file of it is taken', async () => {
    const scene = await stage.pull({ files, faults: { omitCloseNotify: true } });
    await expectRefused(stage, scene, 'tls_truncated');
    expect(scene.run.transfers).toEqual([]);
    const listing = scene.negotiations.find(({ command }) => command === 'MLSD');
    expect(listing).toMatchObject({ closeNotify: 'not_seen' });
  });

  it.each(['fin', 'reset'] as const)(
    'ftps 4.5: whose TLS stream is cut by %s at any byte is never delivered',
    async (does) => {
      for (const afterBytes of [0, 1, 5, 60, 150, 300, 1_000, 3_000, 5_100]) {
        const scene = await stage.pull({
          files,
          faults: { wire: (_, { verb }) => (verb === 'RETR' ? { afterBytes, does } : undefined) },
        });
        const code = await expectNotDelivered(stage, scene);
        expect([
          'tls_data_channel_refused',
          'tls_session_not_reused',
          'connection_lost',
          'transfer_interrupted',
          'size_mismatch',
        ]).toContain(code);
        const retr = scene.negotiations.find(({ command }) => command === 'RETR');
        expect(retr?.verdict).toBe(code.startsWith('tls_') ? 'refused' : 'accepted');
      }
    },
  );

  it('ftps 4.5: with clear bytes between its TLS records is refused', async () => {
    const scene = await stage.pull({
      files,
      faults: {
        wire: (_, { verb }) =>
          verb === 'RETR' ? { afterBytes: 1_000, does: { bytes: Buffer.from('clear text') } } : undefined,
      },
    });
    await expectNotDelivered(stage, scene);
  });

  it('ftps 4.5: that is reset in the middle is interrupted, whatever the control connection says', async () => {
    const scene = await stage.pull({
      files: { 'a.csv': 'z'.repeat(300_000) },
      faults: {
        resetDownloadAfterBytes: 70_000,
        answer: (reply) => (reply.startsWith('426') ? ['226 All there.\r\n'] : undefined),
      },
    });
    await expectRefused(stage, scene, 'transfer_interrupted');
  });

  it('ftps 4.5: whose control connection is reset right after the 226 is delivered once, in the end', async () => {
    let times = 0;
    const scene = await stage.pull({
      files,
      attempts: 2,
      faults: {
        answer: (reply, { verb }) =>
          verb === 'RETR' && reply.startsWith('226') && times++ === 0
            ? [`${reply}\r\n`, { close: 'reset' }]
            : undefined,
      },
    });
    await expectDelivered(stage, scene);
  });

  it.each([
    ['short', () => ['ten bytes!']],
    ['longer than stated', () => ['x'.repeat(BYTES + 1)]],
    ['without end', () => forEver()],
  ])('ftps 4.6: %s is refused', async (_, bytes) => {
    const content: Faults['content'] = ({ verb }) => (verb === 'RETR' ? bytes() : undefined);
    await expectRefused(stage, await stage.pull({ files, faults: { content } }), 'size_mismatch');
  });

  it.each(['SIZE', 'MLST'])('ftps 4.6: when %s says something else than the listing', async (verb) => {
    const lie: Faults = {
      answer: (reply, command) =>
        command.verb === verb ? [`${reply.replaceAll(String(BYTES), '4999')}\r\n`] : undefined,
    };
    const scene = await stage.pull({ files, faults: verb === 'SIZE' ? without(MLST, lie) : lie });
    await expectRefused(stage, scene, 'source_changed');
  });

  it('ftps 4.6: a lie told everywhere alike is found by counting', async () => {
    await expectRefused(stage, await stage.pull({ files, faults: { lieAboutSizeBy: -7 } }), 'size_mismatch');
    await expectRefused(stage, await stage.pull({ files, faults: { lieAboutSizeBy: 7 } }), 'size_mismatch');
  });

  it('ftps 4.6: 150 with another number of bytes decides nothing', async () => {
    const answer = (reply: string) =>
      reply.startsWith('150') ? ['150 Opening (999999 bytes).\r\n'] : undefined;
    await expectDelivered(stage, await stage.pull({ files, faults: { answer } }));
  });

  it('row 17: with line ends changed on the way is refused by its hash', async () => {
    const scene = await stage.pull({
      files: { 'a.csv': 'a\r\nb\r\n' },
      faults: { content: ({ verb }) => (verb === 'RETR' ? ['a\n\nb\n\n'] : undefined) },
      route: SERVER_HASHES,
    });
    await expectRefused(stage, scene, 'checksum_mismatch');
  });

  it.each(['504 Not that type.', '500 What?', '250 Fine.', '200-Fine\r\n200 ASCII'])(
    'row 17: from a server that answers TYPE I with %j',
    async (reply) => {
      const scene = await stage.pull({ faults: answerTo('TYPE', `${reply}\r\n`) });
      if (reply.startsWith('200')) return expectDelivered(stage, scene);
      await expectRefused(stage, scene, 'protocol_violation');
      expect(scene.verbs()).not.toContain('RETR');
    },
  );

  it('row 13: that broke is begun anew: no REST where the route does not resume', async () => {
    let times = 0;
    const scene = await stage.pull({
      files,
      attempts: 2,
      faults: {
        wire: (_, { verb }) =>
          verb === 'RETR' && times++ === 0 ? { afterBytes: 3_000, does: 'reset' } : undefined,
      },
    });
    await expectDelivered(stage, scene);
    expect(scene.attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'delivered']);
    expect(scene.verbs()).not.toContain('REST');
  });
});

describe('the control connection that ends in the middle of the data', () => {
  it.each(['end', 'reset'] as const)(
    'row 18: by %s: no half file, and the next attempt delivers once',
    async (how) => {
      let times = 0;
      const scene = await stage.pull({
        files,
        attempts: 2,
        faults: (sim) => ({
          content: ({ verb }) => (verb === 'RETR' && times++ === 0 ? hangUpWithin(sim, how) : undefined),
        }),
      });
      await expectDelivered(stage, scene);
      expect(scene.attempts.map(({ outcome, errorCode }) => `${outcome} ${errorCode}`)).toEqual([
        'failed connection_lost',
        'delivered null',
      ]);
    },
  );

  it('row 18: NOOP is not sent while data run', async () => {
    const scene = await stage.pull({
      files,
      endpoint: { keepAliveMs: 20 },
      faults: {
        wire: (_, { verb }) => (verb === 'RETR' ? { afterBytes: 5_200, does: { dripMs: 1 } } : undefined),
      },
    });
    await expectDelivered(stage, scene);
    const during = scene.sim.commands.filter(({ duringTransfer }) => duringTransfer).map(({ verb }) => verb);
    expect(during.filter((verb) => verb === 'NOOP')).toEqual([]);
  });
});

describe('the session that a data connection should resume', () => {
  it.each(['pull', 'push'] as const)(
    'row 23: is not resumed: a %s that requires it is refused',
    async (direction) => {
      const scene = await stage.play(direction, { faults: { dataChannel: 'no_resumption' } });
      await expectRefused(stage, scene, 'tls_session_not_reused');
      expectTlsRefused(scene, 'tls_session_not_reused', {
        channel: 'data',
        resumed: false,
        nameCheck: 'passed',
      });
    },
  );

  it.each(['preferred', 'off'] as const)(
    'row 23: is not resumed: delivered where it is %s, on record',
    async (sessionReuse) => {
      const scene = await stage.pull({ faults: { dataChannel: 'no_resumption' }, tls: { sessionReuse } });
      await expectDelivered(stage, scene);
      const data = scene.negotiations.filter(({ channel }) => channel === 'data');
      for (const row of data)
        expect(row).toMatchObject({
          resumed: false,
          resumedFrom: null,
          verdict: 'accepted',
          chainCheck: 'passed',
        });
      expect(data.length).toBeGreaterThan(1);
    },
  );
});

/** The listing ends as it should; only files end without close_notify. */
function omitOnRetr(sim: PartnerSim) {
  return (_: string, { verb }: { verb: string }): undefined => {
    sim.faults.omitCloseNotify = verb === 'RETR';
  };
}

function* forEver(): Generator<string> {
  for (let sent = 0; sent < 1_000; sent++) yield 'x'.repeat(65_536);
}

function* hangUpWithin(sim: PartnerSim, how: 'end' | 'reset'): Generator<string> {
  yield file.slice(0, 2_500);
  sim.hangUp(how);
  yield file.slice(2_500);
}
