import { link, mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renameDurably } from './rename-file.ts';

// What `rename` of a session does is in local-session.spec.ts; here is what no real file system does at will.

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-rename-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('where the file system makes no hard links', () => {
  const noLinks = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));

  it.each(['EPERM', 'ENOTSUP', 'EMLINK'])('looks first and says so (%s)', async (code) => {
    await writeFile(join(root, 'from'), 'new');
    const renaming = { from: join(root, 'from'), to: join(root, 'to'), overwrite: false };
    expect(await renameDurably(renaming, { link: noLinks(code) })).toBe('look_first');
    expect(await readdir(root)).toEqual(['to']);
  });

  it('still refuses an existing target', async () => {
    await writeFile(join(root, 'from'), 'new');
    await writeFile(join(root, 'to'), 'old');
    const renaming = { from: join(root, 'from'), to: join(root, 'to'), overwrite: false };
    await expect(renameDurably(renaming, { link: noLinks('EPERM') })).rejects.toMatchObject({
      code: 'destination_exists',
    });
    expect(await readFile(join(root, 'to'), 'utf8')).toBe('old');
  });

  it('does not take another error for it', async () => {
    await writeFile(join(root, 'from'), 'new');
    const renaming = { from: join(root, 'from'), to: join(root, 'to'), overwrite: false };
    await expect(renameDurably(renaming, { link: noLinks('ENOSPC') })).rejects.toMatchObject({
      code: 'ENOSPC',
    });
    expect(await readdir(root)).toEqual(['from']);
  });
});

it('takes the new name back when the old one cannot go', async () => {
  await writeFile(join(root, 'from'), 'bytes');
  const forbidden = () => Promise.reject(Object.assign(new Error('EPERM'), { code: 'EPERM' }));
  const renaming = { from: join(root, 'from'), to: join(root, 'to'), overwrite: false };
  // As in a sticky directory of somebody else.
  await expect(renameDurably(renaming, { unlink: forbidden })).rejects.toMatchObject({ code: 'EPERM' });
  expect(await readdir(root)).toEqual(['from']);
});

// A worker that froze between the two calls wakes after another one has finished its delivery.
it('leaves the new name alone when somebody took the old one away meanwhile', async () => {
  await writeFile(join(root, 'from'), 'bytes');
  const finishedByOthers = async (from: string, to: string): Promise<void> => {
    await link(from, to);
    await unlink(from);
  };
  const renaming = { from: join(root, 'from'), to: join(root, 'to'), overwrite: false };
  expect(await renameDurably(renaming, { link: finishedByOthers })).toBe('link');
  expect(await readFile(join(root, 'to'), 'utf8')).toBe('bytes');
});

it('is in doubt, and takes nothing back, when the old name is another file now', async () => {
  await writeFile(join(root, 'from'), 'bytes');
  const replacing = async (from: string, to: string): Promise<void> => {
    await link(from, to);
    await unlink(from);
    // A directory under the old name makes unlink fail.
    await mkdir(from);
  };
  const renaming = { from: join(root, 'from'), to: join(root, 'to'), overwrite: false };
  await expect(renameDurably(renaming, { link: replacing })).rejects.toMatchObject({
    code: 'delivery_in_doubt',
  });
  expect(await readFile(join(root, 'to'), 'utf8')).toBe('bytes');
});
