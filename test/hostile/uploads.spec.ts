import { truncateSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, expectNothingTold, expectRefused, expectSourceUntouched } from './support/expectations.ts';
import { filesIn, Stage } from './support/stage.ts';

const BYTES = 5_000;
const file = 'y'.repeat(BYTES);
const files = { 'a.csv': file };
const SERVER_HASHES = { verify: { minimum: 'hash_by_server' } } as const;
const READ_BACK = { verify: { minimum: 'read_back' } } as const;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

describe('an upload', () => {
  it.each([0, 1, BYTES - 1])(
    'row 16, ftps 4.5: of which the server keeps %i of 5000 bytes and says 226 is refused',
    async (keepUploadBytes) => {
      const scene = await stage.push({ files, faults: { keepUploadBytes } });
      await expectRefused(stage, scene, 'size_mismatch');
      expect(scene.verbs()).not.toContain('RNTO');
    },
  );

  it('row 16: that a server cut and lies about is found by the hash', async () => {
    const scene = await stage.push({
      files,
      faults: { keepUploadBytes: 4_000, lieAboutSizeBy: 1_000 },
      route: SERVER_HASHES,
    });
    await expectRefused(stage, scene, 'checksum_mismatch');
  });

  it('row 16: that a server without hashes cut and lies about is found by reading it back', async () => {
    const scene = await stage.push({
      files,
      faults: {
        keepUploadBytes: 4_000,
        lieAboutSizeBy: 1_000,
        answer: (reply, { verb }) =>
          verb === 'FEAT' ? [`${reply.replace(/ (HASH|XSHA).*\r\n/g, '')}\r\n`] : undefined,
      },
      route: READ_BACK,
    });
    await expectRefused(stage, scene, 'size_mismatch');
    expect(scene.verbs()).toContain('RETR');
  });

  it('row 16: a full disk (452) in the middle is disk_full, and nothing is left', async () => {
    const scene = await stage.push({
      files: { 'a.csv': 'z'.repeat(300_000) },
      faults: { diskFullAfterBytes: 100_000 },
    });
    await expectRefused(stage, scene, 'disk_full');
  });

  it('row 14: whose rename is confirmed and not done is refused: the temporary name is still there', async () => {
    const scene = await stage.push({ files, faults: { renameReply: '250 Renamed, believe me.' } });
    await expectRefused(stage, scene, 'rename_failed');
  });

  it('row 14: whose target has another size after the rename is held, never delivered', async () => {
    const scene = await stage.push({
      files,
      faults: (sim) => ({
        answer(_, { verb }) {
          if (verb === 'RNTO') truncateSync(join(sim.root, 'in/a.csv'), 7);
          return undefined;
        },
      }),
    });
    await expectHeld(scene, { 'a.csv': file.slice(0, 7) });
  });

  it('row 15: onto a taken name is refused, and the name looked up before a byte is sent', async () => {
    const scene = await stage.push({ present: { 'a.csv': 'theirs' }, sim: { renameReplaces: true } });
    expect([scene.run.state, codeOf(scene)]).toEqual(['failed', 'destination_exists']);
    expect(await filesIn(scene.targetDirectory)).toEqual({ 'a.csv': 'theirs' });
    expect(scene.verbs()).not.toContain('STOR');
    await expectSourceUntouched(scene);
    await expectNothingTold(stage, scene);
  });

  it('row 15: onto a name that no listing shows does not replace it', async () => {
    const scene = await stage.push({ present: { 'a.csv': 'theirs' }, faults: { hideFile: '/in/a.csv' } });
    expect(['failed', 'held']).toContain(scene.run.state);
    expect((await filesIn(scene.targetDirectory))['a.csv']).toBe('theirs');
  });

  it.each([
    ['version', { 'a-2.csv': 'ours', 'a.csv': 'theirs' }],
    ['overwrite', { 'a.csv': 'ours' }],
  ] as const)('row 15: onto a taken name under `%s`', async (onExisting, result) => {
    const scene = await stage.push({
      files: { 'a.csv': 'ours' },
      present: { 'a.csv': 'theirs' },
      sim: { renameReplaces: true },
      route: { destination: { onExisting } },
    });
    expect(scene.run.state).toBe('delivered');
    expect(await filesIn(scene.targetDirectory)).toEqual(result);
  });

  async function expectHeld(
    scene: Awaited<ReturnType<Stage['push']>>,
    visible: Record<string, string>,
  ): Promise<void> {
    expect(scene.run.state).toBe('held');
    expect(scene.run.transfers[0]).toMatchObject({ state: 'held', errorCode: 'delivery_in_doubt' });
    expect(scene.events.map(({ details }) => (details as { code?: string }).code)).toContain(
      'delivery_in_doubt',
    );
    const names = await readdir(scene.targetDirectory);
    expect(names.filter((name) => !name.startsWith('.waybill-'))).toEqual(Object.keys(visible));
    await expectSourceUntouched(scene);
    await expectNothingTold(stage, scene);
  }
});
