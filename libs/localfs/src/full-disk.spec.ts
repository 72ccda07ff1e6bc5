import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { readdir, readFile, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openLocalSession } from './index.ts';

const signal = new AbortController().signal;

/** A disk of 2 MiB and eight files, where this user may mount one. */
function mountSmallDisk(): string | undefined {
  const place = mkdtempSync(join(tmpdir(), 'waybill-small-disk-'));
  const options = ['-t', 'tmpfs', '-o', 'size=2m,nr_inodes=8', 'tmpfs', place];
  if (spawnSync('mount', options).status === 0) return place;
  rmdirSync(place);
  return undefined;
}

const disk = mountSmallDisk();

// Where nothing can be mounted, the same answers come from /dev/full in local-session.spec.ts.
describe(disk ? 'a disk of 2 MiB' : 'a full disk (no right to mount one: see /dev/full)', () => {
  afterAll(() => {
    if (!disk) return;
    spawnSync('umount', [disk]);
    rmdirSync(disk);
  });

  it('refuses what does not fit, leaves what is there alone, and works again once there is room', async () => {
    if (!disk) return expect((await statfs('/dev/full')).bsize).toBeGreaterThan(0);
    const session = await openLocalSession(
      { endpoint: { name: 'small', protocol: 'local', root: disk, maxSessions: 1 } },
      { negotiated() {}, negotiationClosed() {}, transcript() {} },
      signal,
    );
    await writeFile(join(disk, 'final'), 'yesterday');
    const tooLarge = async (): Promise<void> => {
      const writer = await session.openWrite('/.part', signal);
      try {
        for (let piece = 0; piece < 64; piece++) await writer.write(Buffer.alloc(64 * 1024, 7));
        await writer.finish();
      } finally {
        await writer.abort();
      }
    };
    const full = { code: 'disk_full', phase: 'stream', retry: 'later', detail: '/.part: ENOSPC' };
    await expect(tooLarge()).rejects.toMatchObject(full);
    expect(await readFile(join(disk, 'final'), 'utf8')).toBe('yesterday');
    await session.remove('/.part', signal);

    const writer = await session.openWrite('/.part', signal);
    await writer.write(Buffer.alloc(1024 * 1024, 7));
    await writer.finish();
    await session.rename('/.part', '/final', { overwrite: true }, signal);
    expect(await readFile(join(disk, 'final'))).toEqual(Buffer.alloc(1024 * 1024, 7));

    const manyFiles = async (): Promise<void> => {
      for (let file = 0; file < 16; file++) {
        const each = await session.openWrite(`/${file}`, signal);
        await each.finish();
      }
    };
    await expect(manyFiles()).rejects.toMatchObject({ code: 'disk_full', phase: 'open' });
    expect(await readdir(disk)).toContain('final');
  });
});
