import { mkdir, mkdtemp, realpath, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalRoots } from './local-roots.ts';

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'waybill-roots-')));
  for (const each of ['home/files', 'home/postgres', 'keys', 'exchange/inbox', 'elsewhere'])
    await mkdir(join(folder, each), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

function roots({ named }: { named?: string } = {}): LocalRoots {
  return new LocalRoots({
    own: [join(folder, 'home'), join(folder, 'keys/secrets.key')],
    open: [join(folder, 'home/files')],
    folders: [join(folder, named ?? 'home/files')],
    bindsFiles: named !== undefined,
  });
}

const OWN = /folders of the installation itself/;
const NOT_NAMED = /WAYBILL_LOCAL_ROOTS/;

describe('a root that a request names', () => {
  it.each(['home/files', 'home/files/acme/not-there-yet'])('may be %s', async (root) => {
    expect(await roots().problem(join(folder, root), 'request')).toBeUndefined();
  });

  it.each(['exchange/inbox', 'elsewhere', 'home/files-too/../../elsewhere'])(
    'may not be %s',
    async (root) => {
      expect(await roots().problem(join(folder, root), 'request')).toMatch(NOT_NAMED);
    },
  );

  it('is in the folders that the operator names', async () => {
    const asked = (root: string) => roots({ named: 'exchange' }).problem(join(folder, root), 'request');
    expect(await asked('exchange/inbox')).toBeUndefined();
    expect(await asked('exchange-too')).toMatch(NOT_NAMED);
    expect(await asked('home/files')).toMatch(NOT_NAMED);
  });
});

describe('a root that a file names', () => {
  it('may be any folder that is not ours', async () => {
    expect(await roots().problem(join(folder, 'elsewhere'), 'file')).toBeUndefined();
  });

  it('is bound as well where the operator names the folders', async () => {
    const asked = (root: string) => roots({ named: 'exchange' }).problem(join(folder, root), 'file');
    expect(await asked('exchange/inbox')).toBeUndefined();
    expect(await asked('elsewhere')).toMatch(NOT_NAMED);
  });
});

describe('what belongs to the installation', () => {
  it.each(['home', 'home/postgres', 'home/not-there-yet', 'keys', 'keys/secrets.key', '.', '..'])(
    'is nobody’s root: %s',
    async (root) => {
      for (const named of [undefined, '..'])
        for (const saidBy of ['request', 'file'] as const)
          expect(await roots(named ? { named } : {}).problem(join(folder, root), saidBy)).toMatch(OWN);
    },
  );

  it('is found behind a link, also one that is made later', async () => {
    const link = join(folder, 'elsewhere/link');
    expect(await roots().problem(link, 'file')).toBeUndefined();
    await symlink(join(folder, 'home'), link);
    expect(await roots().problem(link, 'file')).toMatch(OWN);
    expect(await roots().problem(join(link, 'postgres'), 'file')).toMatch(OWN);
    expect(await roots().problem(join(link, 'files'), 'file')).toBeUndefined();
  });

  it('is made when it is in our own place for files, and nowhere else', async () => {
    await roots().prepare(join(folder, 'home/files/acme/in'));
    await roots().prepare(join(folder, 'exchange/acme'));
    expect((await stat(join(folder, 'home/files/acme/in'))).isDirectory()).toBe(true);
    await expect(stat(join(folder, 'exchange/acme'))).rejects.toThrow('ENOENT');
  });

  it('is known by each of its names', async () => {
    await symlink(join(folder, 'home'), join(folder, 'elsewhere/home'));
    const byLink = new LocalRoots({
      own: [join(folder, 'elsewhere/home')],
    });
    expect(await byLink.problem(join(folder, 'home/postgres'), 'file')).toMatch(OWN);
  });
});
