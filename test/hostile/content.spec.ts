import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Faults } from '#apps/partner-sim';
import { expectDelivered, expectRefused } from './support/expectations.ts';
import { MLST, without } from './support/scripts.ts';
import { Stage } from './support/stage.ts';

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const empty = { 'a.csv': '' };

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

describe('a file of no bytes', () => {
  it.each(['pull', 'push'] as const)('row 56: is delivered by a %s as what it is', async (direction) => {
    const scene = await stage.play(direction, {
      files: empty,
      route: { verify: { minimum: 'hash_by_server' } },
    });
    await expectDelivered(stage, scene);
    expect(scene.run.transfers[0]).toMatchObject({
      sizeBytes: 0n,
      sha256: EMPTY_SHA256,
      assurance: 'hash_by_server',
    });
    const data = scene.negotiations.filter(({ channel }) => channel === 'data');
    expect(data.length).toBeGreaterThan(0);
    expect(data.every(({ verdict }) => verdict === 'accepted')).toBe(true);
  });

  it('row 56, ftps 4.5: a failed download is never taken for one', async () => {
    const faults: Faults = { truncateDownloadAfterBytes: 0 };
    await expectRefused(stage, await stage.pull({ faults }), 'size_mismatch');
    await expectRefused(
      stage,
      await stage.pull({ faults: { ...faults, lieAboutSizeBy: -1 } }),
      'size_mismatch',
    );
  });

  it('row 56, ftps 4.6: stated as empty and sent with bytes is refused', async () => {
    const scene = await stage.pull({
      files: empty,
      faults: { content: ({ verb }) => (verb === 'RETR' ? ['surprise'] : undefined) },
    });
    await expectRefused(stage, scene, 'size_mismatch');
  });

  it('row 56: of a server that resets the empty connection is refused, not delivered', async () => {
    const scene = await stage.pull({ files: empty, faults: { resetDownloadAfterBytes: 0 } });
    await expectRefused(stage, scene, 'connection_lost');
  });

  it('row 56: of a server that says 550 at its end is refused, not delivered', async () => {
    const scene = await stage.pull({
      files: empty,
      faults: without(MLST, {
        answer: (reply, { verb }) =>
          verb === 'RETR' && reply.startsWith('226') ? ['550 No.\r\n'] : undefined,
      }),
    });
    await expectRefused(stage, scene, 'file_unavailable');
  });

  it('row 56: an upload that the server lost is refused, not taken for an empty file', async () => {
    await expectRefused(stage, await stage.push({ faults: { keepUploadBytes: 0 } }), 'size_mismatch');
  });
});
