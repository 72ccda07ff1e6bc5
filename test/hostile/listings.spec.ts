import { appendFileSync } from 'node:fs';
import { rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectDelivered, expectRefused, refusedNames } from './support/expectations.ts';
import { aFile, listing, truth, unixList } from './support/hostile-listings.ts';
import { without } from './support/scripts.ts';
import { filesIn, type Scene, Stage } from './support/stage.ts';

const MDTM = / (MLST|MDTM).*\r\n/g;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

describe('a listing', () => {
  it('row 50: with the same name twice and two sizes: the name is held back, the rest delivered', async () => {
    const scene = await stage.pull({
      faults: listing(
        'type=file;size=5;modify=20261121060000; twin.csv',
        'type=file;size=6;modify=20261121060000; twin.csv',
        'type=file;size=5;modify=20261121060000; twin.csv',
      ),
    });
    await expectDelivered(stage, scene);
    expect(refusedNames(scene).map(({ shown }) => shown)).toEqual(['twin.csv']);
    expect(scene.sim.commands.some(({ argument }) => argument.endsWith('twin.csv'))).toBe(false);
  });

  it('row 50: with the very same row twice holds one file', async () => {
    const scene = await stage.pull({
      faults: (sim) => ({
        content: ({ verb }) => (verb === 'MLSD' ? [...truth(sim), ...truth(sim)] : undefined),
      }),
    });
    await expectDelivered(stage, scene);
  });

  it.each([
    'garbage',
    ' ',
    'type=file;size=5;modify=garbage; x.csv',
    'type=file;size=5;modify=20261399999999; x.csv',
    'type=file;size=-5;modify=20261121060000; x.csv',
    'type=file;size=1e20;modify=20261121060000; x.csv',
    'type=file;size=99999999999999999999;modify=20261121060000; x.csv',
    'type=file;size=5;size=6;modify=20261121060000; x.csv',
    'type=file;modify=20261121060000; x.csv',
    'size=5;;=; x.csv',
    'type=file;size=5;modify=20261121060000;x.csv',
    '-rw-r--r-- 1 a b 5 Nov 21 06:06 x.csv',
  ])('row 51: with the row %j loses that row, says so, and keeps the rest', async (row) => {
    const scene = await stage.pull({ faults: listing(row) });
    await expectDelivered(stage, scene);
    expect(refusedNames(scene)).toHaveLength(1);
  });

  it.each([
    '11-21-26  06:06AM       <DIR>          windows',
    '11-21-26  06:06AM                   99 a.csv',
    'total 99',
    '+i1.2,m1,/,\tx',
    ' Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname',
    'type=file;size=9;modify=20261121060000; a.csv',
  ])('row 52: of LIST whose last line is %j is still read as it began', async (row) => {
    const scene = await stage.pull({ faults: unixList([row]) });
    await expectDelivered(stage, scene);
    expect(scene.run.transfers[0]!.sizeBytes).toBe(BigInt(stage.content.length));
  });

  it('row 52: is asked for by MLSD where the server has it', async () => {
    const scene = await stage.pull();
    expect(scene.verbs()).toContain('MLSD');
    expect(scene.verbs()).not.toContain('LIST');
  });
});

describe('times', () => {
  it.each([0, 1, 86_400, 4_070_908_800])(
    'row 53: a file of %i seconds after 1970 is a file like another',
    async (seconds) => {
      const scene = await stage.pull({ files: {} });
      await writeFile(join(scene.sourceDirectory, 'a.csv'), 'x');
      await utimes(join(scene.sourceDirectory, 'a.csv'), seconds, seconds);
      const next = await stage.again({ ...scene, files: { 'a.csv': 'x' } });
      await expectDelivered(stage, next);
      const once = await stage.again(next);
      expect(once.run.transfers.map(({ state }) => state)).toEqual(['suppressed']);
    },
  );

  it('row 53: a time that changes with every look is another version each time: nothing is delivered as settled', async () => {
    let second = 10;
    const scene = await stage.pull({
      faults: {
        content: ({ verb }) =>
          verb === 'MLSD' ? [`type=file;size=32;modify=202611210600${second++}; a.csv\r\n`] : undefined,
      },
    });
    await expectRefused(stage, scene, 'source_changed');
  });

  it('row 53: times to the minute (LIST, no MDTM) deliver once and are known again', async () => {
    const scene = await stage.pull({ faults: without(MDTM) });
    await expectDelivered(stage, scene);
    const again = await stage.again(scene);
    expect(again.run.transfers.map(({ state }) => state)).toEqual(['suppressed']);
  });
});

describe('a file that moves', () => {
  it('row 54: still growing between two looks waits for the next run', async () => {
    let size = 10;
    const scene = await stage.pull({
      faults: {
        content: ({ verb }) =>
          verb === 'MLSD' ? [`type=file;size=${size++};modify=20261121060000; a.csv\r\n`] : undefined,
      },
      route: { source: { settleMs: 50 } },
    });
    expect(scene.run).toMatchObject({ state: 'delivered', transfers: [] });
    expect(refusedNames(scene)).toEqual([
      { shown: 'a.csv', reason: expect.stringContaining('still changing') },
    ]);
  });

  it('row 54: gone between list and read ends as source_gone', async () => {
    const scene = await stage.pull({ files: {}, faults: listing(`${aFile}ghost.csv`) });
    await expectRefused(stage, scene, 'source_gone');
  });

  it('row 54: that grows while it is read is not delivered', async () => {
    const scene = await stage.pull({
      files: { 'a.csv': 'x' },
      faults: (sim) => ({
        answer(reply, { verb }) {
          if (verb === 'RETR' && reply.startsWith('150')) appendFileSync(join(sim.root, 'out/a.csv'), 'more');
          return undefined;
        },
      }),
    });
    expect(scene.run.state).toBe('failed');
    expect(['size_mismatch', 'source_changed']).toContain(scene.run.transfers[0]!.errorCode);
    expect(await filesIn(scene.targetDirectory)).toEqual({});
  });

  it('row 55: that vanishes and returns unchanged is known; with new bytes it is a new version', async () => {
    const first = await stage.pull({ route: { destination: { onExisting: 'version' } } });
    await expectDelivered(stage, first);
    const file = join(first.sourceDirectory, 'a.csv');
    const aside = join(first.sim.root, 'aside');
    await rename(file, aside);
    const gone = await stage.again(first);
    expect(gone.run).toMatchObject({ state: 'delivered', transfers: [] });
    await rename(aside, file);
    const back = await stage.again(first);
    expect(states(back)).toEqual(['suppressed']);
    expect(back.run.transfers[0]!.suppressedById).toBe(first.run.transfers[0]!.id);
    await writeFile(file, 'new bytes');
    const changed = await stage.again(first);
    expect(states(changed)).toEqual(['delivered']);
    expect(await filesIn(first.targetDirectory)).toEqual({ 'a.csv': stage.content, 'a-2.csv': 'new bytes' });
  });

  const states = ({ run }: Scene) => run.transfers.map(({ state }) => state);
});
