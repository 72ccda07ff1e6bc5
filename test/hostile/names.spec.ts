import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PartnerSim } from '#apps/partner-sim';
import { expectDelivered, refusedNames } from './support/expectations.ts';
import { aFile, listing, truth, unixList } from './support/hostile-listings.ts';
import { MLST, without } from './support/scripts.ts';
import { filesIn, Stage } from './support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

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
