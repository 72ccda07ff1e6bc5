import { execFileSync } from 'node:child_process';
import { appendFileSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Faults, PartnerSim } from '#apps/partner-sim';
import { expectDelivered, expectRefused, refusedNames } from './support/expectations.ts';
import { MLST, without } from './support/scripts.ts';
import { filesIn, type Scene, Stage } from './support/stage.ts';

const MDTM = / (MLST|MDTM).*\r\n/g;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

/** The truth about the folder, and these rows after it. */
const listing =
  (...rows: (string | Buffer)[]) =>
  (sim: PartnerSim): Faults => ({
    content: ({ verb, argument }) =>
      verb === 'MLSD' && argument.startsWith('/out')
        ? [...truth(sim), ...rows.flatMap((row) => [row, '\r\n'])]
        : undefined,
  });

/** MLSD rows of what is in `/out`. */
function truth(sim: PartnerSim): string[] {
  const folder = join(sim.root, 'out');
  return readdirSync(folder)
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => `${facts(statSync(join(folder, name)))} ${name}\r\n`);
}

function facts({ size, mtime }: { size: number; mtime: Date }): string {
  return `type=file;size=${size};modify=${mtime.toISOString().replace(/[-:TZ]/g, '')};`;
}

const aFile = 'type=file;size=5;modify=20261121060000; ';

describe('a name in a listing', () => {
  it.each([
    '..',
    '.',
    '../../x',
    '../x.csv',
    '/abs',
    '/etc/passwd',
    'a/../../b',
    'a/b.csv',
    'C:\\x',
    'C:x',
    '\\\\host\\share',
    '..\\x',
    'a\\b',
    'file:stream',
    './x',
    '/',
  ])('row 45, ftps 4.8: %s is refused, on record, and the rest is delivered', async (name) => {
    const scene = await stage.pull({ faults: listing(`${aFile}${name}`) });
    await expectDelivered(stage, scene);
    expect(refusedNames(scene)).toEqual([{ shown: name, reason: expect.any(String) }]);
    expect(scene.sim.commands.filter(({ verb }) => verb === 'RETR').map(({ argument }) => argument)).toEqual([
      '/out/a.csv',
    ]);
  });

  it('row 45, ftps 4.8: a folder called .. or /etc is never entered', async () => {
    const scene = await stage.pull({
      faults: listing(
        'type=dir;modify=20261121060000; ..',
        'type=dir; /etc',
        'type=dir; a/b',
        'type=pdir; /',
        'type=cdir; .',
      ),
      route: { source: { recursive: true } },
    });
    await expectDelivered(stage, scene);
    expect(scene.sim.commands.filter(({ verb }) => verb === 'MLSD').map(({ argument }) => argument)).toEqual([
      '/out',
    ]);
    expect(refusedNames(scene).map(({ shown }) => shown)).toEqual(['..', '/etc', 'a/b']);
  });

  it('ftps 4.8: the server is never asked where we are, nor for names alone', async () => {
    const scene = await stage.pull({ route: { source: { recursive: true } } });
    await expectDelivered(stage, scene);
    expect(scene.verbs()).not.toContain('PWD');
    expect(scene.verbs()).not.toContain('NLST');
  });

  it.each([
    ['NUL', 'a\0b.csv', 'a\\x00b.csv'],
    ['CR', 'a\rb.csv', 'a\\x0db.csv'],
    ['ESC', 'a\x1b[2J.csv', 'a\\x1b[2J.csv'],
    ['C1', 'a\u009b31m.csv', 'a\\x9b31m.csv'],
    ['DEL', 'a\x7f.csv', 'a\\x7f.csv'],
    ['a bidi override', 'gpj\u202efdp.exe', 'gpj\\u202efdp.exe'],
    ['a zero-width character', 'a\u200b.csv', 'a\\u200b.csv'],
    ['a byte order mark', '\ufeffa.csv', '\\ufeffa.csv'],
    ['the replacement character', 'a\ufffd.csv', 'a\\ufffd.csv'],
  ])('row 46, ftps 4.8: with %s is refused and shown escaped', async (_, name, shown) => {
    const scene = await stage.pull({ faults: listing(`${aFile}${name}`) });
    await expectDelivered(stage, scene);
    expect(refusedNames(scene)).toEqual([{ shown, reason: expect.any(String) }]);
  });

  it.each([
    ['latin1', Buffer.from('caf\xe9.csv', 'latin1')],
    ['an overlong slash', Buffer.from([0x2e, 0x2e, 0xc0, 0xaf, 0x78])],
    ['half a character', Buffer.from([0x61, 0xe2, 0x82])],
    ['a surrogate', Buffer.from([0x61, 0xed, 0xa0, 0x80])],
  ])('row 46, ftps 4.8: that is no UTF-8 (%s) is refused', async (_, name) => {
    const scene = await stage.pull({ faults: listing(Buffer.concat([Buffer.from(aFile), name])) });
    await expectDelivered(stage, scene);
    expect(refusedNames(scene)).toHaveLength(1);
    expect(refusedNames(scene)[0]!.reason).toMatch(/encoding/);
  });

  it('row 46: of 256 bytes is refused, of 200 is not', async () => {
    const scene = await stage.pull({
      files: { ['n'.repeat(200)]: 'x' },
      faults: listing(`${aFile}${'n'.repeat(256)}`, `${aFile}${'é'.repeat(128)}`),
    });
    await expectDelivered(stage, scene);
    expect(refusedNames(scene).map(({ reason }) => reason)).toEqual([
      'name longer than 255 bytes',
      'name longer than 255 bytes',
    ]);
  });

  it('row 46: a line feed makes two rows of it, and none of them leads out', async () => {
    const scene = await stage.pull({ faults: listing(`${aFile}x\n../../etc/passwd`) });
    expect(Object.keys(await filesIn(scene.targetDirectory))).toEqual(['a.csv']);
    expect(refusedNames(scene).map(({ shown }) => shown)).toEqual(['../../etc/passwd']);
    expect(scene.run.transfers.map(({ sourcePath }) => sourcePath).sort()).toEqual(['/out/a.csv', '/out/x']);
  });

  it.each([
    ['in case', 'Report.csv', 'report.csv'],
    ['in Unicode composition', 'caf\u00e9.csv', 'cafe\u0301.csv'],
  ])(
    'row 47, ftps 4.8: twins %s on a target that takes them for one: the second is held back',
    async (_, one, other) => {
      for (const lanes of [1, 4]) {
        const scene = await stage.push({
          files: { [one]: 'the one', [other]: 'the other' },
          sim: { foldsNames: true },
          route: { lanes },
        });
        expect(scene.run.state).toBe('partly_delivered');
        const delivered = scene.run.transfers.filter(({ state }) => state === 'delivered');
        const refused = scene.run.transfers.filter(({ state }) => state === 'failed');
        expect([delivered.length, refused.length]).toEqual([1, 1]);
        expect(['destination_exists', 'rename_failed']).toContain(refused[0]!.errorCode);
        const kept = await filesIn(scene.targetDirectory);
        expect(Object.keys(kept)).toHaveLength(1);
        expect(Object.values(kept)[0]).toBe(delivered[0]!.sourcePath.endsWith(one) ? 'the one' : 'the other');
        expect(await filesIn(scene.sourceDirectory)).toEqual({ [one]: 'the one', [other]: 'the other' });
      }
    },
  );

  it('row 47: twins on a target that tells them apart are two files', async () => {
    const files = { 'A.csv': '1', 'a.csv': '2', 'caf\u00e9.csv': '3', 'cafe\u0301.csv': '4' };
    await expectDelivered(stage, await stage.pull({ files }));
  });

  it.each([
    'CON',
    'aux.txt',
    'LPT1',
    'a.',
    'b ',
    '-rf',
    '--help',
    ' lead',
    '  two',
    '~',
    '*',
    'a -> b.csv',
    '%2e%2e%2f',
  ])('row 48, ftps 4.8: %j is kept exactly as it is', async (name) => {
    const files = { [name]: 'x' };
    await expectDelivered(stage, await stage.pull({ files }));
    await expectDelivered(stage, await stage.push({ files }));
  });

  it('row 48: the names of our own unfinished files are nobody’s source', async () => {
    const ours = '.waybill-00000000-0000-4000-8000-000000000000-1.part';
    const scene = await stage.pull({ files: { [ours]: 'half', 'a.csv': 'x' } });
    expect(scene.run.state).toBe('delivered');
    expect(await filesIn(scene.targetDirectory)).toEqual({ 'a.csv': 'x' });
  });
});

describe('what is no file', () => {
  const kinds = [
    'OS.unix=slink:/etc/passwd',
    'OS.unix=symlink',
    'OS.unix=chr-1/3',
    'OS.unix=fifo',
    'dir',
    'OS.unix=socket',
    'unknown',
    '',
  ];
  it.each(kinds)('row 49, ftps 4.9: type=%s called x.csv is never read', async (type) => {
    const scene = await stage.pull({ faults: listing(`type=${type};size=5;modify=20261121060000; x.csv`) });
    await expectDelivered(stage, scene);
    expect(scene.sim.commands.some(({ argument }) => argument.endsWith('x.csv'))).toBe(false);
    if (type !== 'dir') expect(refusedNames(scene).map(({ shown }) => shown)).toEqual(['x.csv']);
  });

  it.each(['MLSD', 'LIST'])(
    'row 49, ftps 4.9: real links, pipes and folders are left alone (%s)',
    async (verb) => {
      const plant = async (sim: PartnerSim) => {
        const out = join(sim.root, 'out');
        await writeFile(join(sim.root, 'secret'), stage.content);
        await symlink('../secret', join(out, 'link.csv'));
        await symlink('..', join(out, 'up'));
        await mkdir(join(out, 'folder.csv'));
        execFileSync('mkfifo', [join(out, 'pipe.csv')]);
      };
      const first = await stage.pull({
        files: { 'a.csv': 'x' },
        faults: verb === 'LIST' ? without(MLST) : {},
      });
      await plant(first.sim);
      await writeFile(join(first.sourceDirectory, 'b.csv'), 'y');
      const scene = await stage.again(first, { route: { source: { recursive: true } } });
      expect(scene.run.state).toBe('delivered');
      expect(await filesIn(scene.targetDirectory)).toEqual({ 'a.csv': 'x', 'b.csv': 'y' });
      const asked = scene.sim.commands.filter(({ verb: each }) => ['RETR', 'MLSD', 'CWD'].includes(each));
      expect(asked.some(({ argument }) => /link|up|pipe/.test(argument))).toBe(false);
    },
  );

  it('row 49, ftps 4.9: links, devices and pipes of LIST are never read, and where a link points is not believed', async () => {
    const rows = [
      'lrwxrwxrwx   1 root     root            11 Nov 21 06:06 link.csv -> /etc/passwd',
      'lrwxrwxrwx   1 root     root            11 Nov 21 06:06 folder -> /etc',
      'crw-rw-rw-   1 root     root        1,   3 Nov 21 06:06 null.csv',
      'brw-rw----   1 root     disk        8,   0 Nov 21 06:06 sda.csv',
      'prw-r--r--   1 root     root             0 Nov 21 06:06 pipe.csv',
      'srw-r--r--   1 root     root             0 Nov 21 06:06 socket.csv',
    ];
    const scene = await stage.pull({ faults: unixList(rows), route: { source: { recursive: true } } });
    await expectDelivered(stage, scene);
    expect(scene.verbs().filter((verb) => verb === 'RETR')).toHaveLength(1);
    expect(scene.sim.commands.some(({ argument }) => argument.includes('folder'))).toBe(false);
  });

  it('ftps 4.9: folders without end are followed to a depth, not for ever', async () => {
    const scene = await stage.pull({
      faults: (sim) => ({
        content: ({ verb, argument }) =>
          verb === 'MLSD'
            ? [argument === '/out' ? truth(sim).join('') : '', 'type=dir; loop\r\n']
            : undefined,
      }),
      route: { source: { recursive: true } },
    });
    await expectDelivered(stage, scene);
    expect(scene.verbs().filter((verb) => verb === 'MLSD').length).toBeLessThanOrEqual(21);
  });
});

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

/** A server without MLSD whose LIST tells the truth, and these rows after it. */
function unixList(rows: string[]): (sim: PartnerSim) => Faults {
  return (sim) =>
    without(MLST, {
      content: ({ verb }) => {
        if (verb !== 'LIST') return undefined;
        const { size } = statSync(join(sim.root, 'out/a.csv'));
        const own = `-rw-r--r--   1 partner  partner  ${size} Nov 21 06:06 a.csv`;
        return [own, ...rows].map((row) => `${row}\r\n`);
      },
    });
}
