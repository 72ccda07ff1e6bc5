import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFile,
  chmod,
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RemoteSession, TranscriptLine } from '#protocol';
import { openLocalSession } from './index.ts';
import { LocalWriter } from './local-writer.ts';

const signal = new AbortController().signal;
const discard = (): void => {};

let home: string;
let root: string;
let session: RemoteSession;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'waybill-localfs-'));
  root = join(home, 'root');
  await mkdir(root);
  session = await openAt(root);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await session.close();
  await rm(home, { recursive: true, force: true });
});

function openAt(
  directory: string,
  transcript: TranscriptLine[] = [],
  place?: string,
): Promise<RemoteSession> {
  return openLocalSession(
    { endpoint: { name: 'disk', protocol: 'local', root: directory, maxSessions: 4 }, place },
    { negotiated() {}, negotiationClosed() {}, transcript: (line) => void transcript.push(line) },
    signal,
  );
}

async function write(path: string, bytes: Buffer): Promise<void> {
  const writer = await session.openWrite(path, signal);
  await writer.write(bytes);
  await writer.finish();
}

describe('opening', () => {
  it('says path_not_found when the root is missing or a file', async () => {
    await expect(openAt(join(home, 'none'))).rejects.toMatchObject({
      code: 'path_not_found',
      phase: 'connect',
    });
    await writeFile(join(home, 'file'), '');
    await expect(openAt(join(home, 'file'))).rejects.toMatchObject({ code: 'path_not_found' });
  });

  it('is refused when the root leads elsewhere than where it was judged', async () => {
    const link = join(home, 'link');
    await symlink(root, link);
    await (await openAt(link, [], await realpath(root))).close();
    await unlink(link);
    await symlink(home, link);
    await expect(openAt(link, [], await realpath(root))).rejects.toMatchObject({
      code: 'invalid_configuration',
      phase: 'connect',
    });
  });
});

describe('the root', () => {
  const outside = { code: 'path_outside_root' };

  beforeEach(async () => {
    await mkdir(join(home, 'secret'));
    await writeFile(join(home, 'secret/key.pem'), 'private');
    await symlink(join(home, 'secret'), join(root, 'door'));
    await symlink(join(home, 'secret/key.pem'), join(root, 'key.pem'));
    await symlink('/nowhere/at/all', join(root, 'dangling'));
  });

  it.each(['/../secret/key.pem', '/a/../../secret/key.pem', '/./a', 'relative', ''])(
    'refuses the path %j',
    async (path) => {
      await expect(session.read(path, discard, signal)).rejects.toMatchObject(outside);
      await expect(session.openWrite(path, signal)).rejects.toMatchObject(outside);
      await expect(session.list(path, signal)).rejects.toMatchObject(outside);
    },
  );

  it.each(['/nul\u0000byte', '/line\nfeed', '/esc\u001b[2J', '/rtl\u202e', '/lone\ud800surrogate'])(
    'refuses the name %j',
    async (path) => {
      const refused = { code: 'file_name_refused' };
      await expect(session.read(path, discard, signal)).rejects.toMatchObject(refused);
      await expect(session.openWrite(path, signal)).rejects.toMatchObject(refused);
      await expect(session.rename('/a', path, { overwrite: true }, signal)).rejects.toMatchObject(refused);
    },
  );

  it('is not left through a linked directory, by any operation', async () => {
    await writeFile(join(root, 'mine'), 'mine');
    await expect(session.list('/door', signal)).rejects.toMatchObject(outside);
    await expect(session.stat('/door/key.pem', signal)).rejects.toMatchObject(outside);
    await expect(session.read('/door/key.pem', discard, signal)).rejects.toMatchObject(outside);
    await expect(session.openWrite('/door/new', signal)).rejects.toMatchObject(outside);
    await expect(session.remove('/door/key.pem', signal)).rejects.toMatchObject(outside);
    await expect(session.makeDirectory('/door/deep/er', signal)).rejects.toMatchObject(outside);
    await expect(session.makeDirectory('/door', signal)).rejects.toMatchObject(outside);
    const there = session.rename('/mine', '/door/mine', { overwrite: false }, signal);
    await expect(there).rejects.toMatchObject(outside);
    const back = session.rename('/door/key.pem', '/got', { overwrite: true }, signal);
    await expect(back).rejects.toMatchObject(outside);
    expect(await readdir(join(home, 'secret'))).toEqual(['key.pem']);
    expect(await readFile(join(home, 'secret/key.pem'), 'utf8')).toBe('private');
  });

  it('is not left through a linked file: shown as other, absent for stat, never opened', async () => {
    const { entries } = await session.list('/', signal);
    expect(entries.map(({ name, kind }) => `${name} ${kind}`).sort()).toEqual([
      'dangling other',
      'door other',
      'key.pem other',
    ]);
    expect(await session.stat('/key.pem', signal)).toBeUndefined();
    await expect(session.read('/key.pem', discard, signal)).rejects.toMatchObject(outside);
    await expect(session.openWrite('/key.pem', signal)).rejects.toMatchObject(outside);
    await expect(session.openWrite('/dangling', signal)).rejects.toMatchObject(outside);
    const taking = session.rename('/key.pem', '/got', { overwrite: false }, signal);
    await expect(taking).rejects.toMatchObject({ code: 'file_unavailable' });
    expect(await readFile(join(home, 'secret/key.pem'), 'utf8')).toBe('private');
  });

  it('may hold links that stay inside, and may be a link itself', async () => {
    await mkdir(join(root, 'really/here'), { recursive: true });
    await symlink(join(root, 'really/here'), join(root, 'shortcut'));
    await symlink(root, join(home, 'root-link'));
    session = await openAt(join(home, 'root-link'));
    await write('/shortcut/file', Buffer.from('inside'));
    expect(await readFile(join(root, 'really/here/file'), 'utf8')).toBe('inside');
    expect((await session.list('/shortcut', signal)).entries[0]?.path).toBe('/shortcut/file');
  });

  it('keeps the disk path out of what it tells', async () => {
    const reading = session.read('/none', discard, signal);
    await expect(reading).rejects.toMatchObject({ message: '/none: ENOENT', detail: '/none: ENOENT' });
  });
});

describe('a listing', () => {
  it('refuses names that are not UTF-8 or hold control characters, shows them escaped, keeps the rest', async () => {
    const latin1 = Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9]), Buffer.from('.csv')]);
    await writeFile(latin1, 'x');
    await writeFile(join(root, 'a\nb'), 'x');
    await writeFile(join(root, 'esc\u001b[31m'), 'x');
    await writeFile(join(root, '\ufffd is a character too'), 'x');
    await writeFile(join(root, '2026-11-21T06:00:00 a\\b.csv'), 'x');
    const { entries, refused } = await session.list('/', signal);
    expect(entries.map(({ name }) => name).sort()).toEqual([
      '2026-11-21T06:00:00 a\\b.csv',
      '\ufffd is a character too',
    ]);
    expect(refused.map(({ shown }) => shown).sort()).toEqual(['a\\x0ab', 'caf\\xe9.csv', 'esc\\x1b[31m']);
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(
      new Set(['is not valid UTF-8', 'holds control, invisible or direction-changing characters']),
    );
  });

  it('tells two versions apart that differ by a microsecond', async () => {
    await writeFile(join(root, 'a'), 'one');
    await utimes(join(root, 'a'), 1_700_000_000.000_001, 1_700_000_000.000_001);
    const first = await session.stat('/a', signal);
    await utimes(join(root, 'a'), 1_700_000_000.000_002, 1_700_000_000.000_002);
    const second = await session.stat('/a', signal);
    expect(first?.modified).not.toBe(second?.modified);
    expect(first?.modified).toMatch(/^1700000000\d{9}$/);
  });
});

describe('reading', () => {
  it.each([
    ['grows', (path: string) => appendFile(path, 'more')],
    ['is rewritten in place with the same length', (path: string) => writeFile(path, randomBytes(3_000_000))],
    ['is cut', (path: string) => writeFile(path, 'short')],
  ])('says source_changed when the file %s meanwhile', async (_how, change) => {
    await writeFile(join(root, 'file'), randomBytes(3_000_000));
    await utimes(join(root, 'file'), 1_700_000_000, 1_700_000_000);
    let changed = false;
    const sink = async (): Promise<void> => {
      if (!changed) await change(join(root, 'file'));
      changed = true;
    };
    await expect(session.read('/file', sink, signal)).rejects.toMatchObject({ code: 'source_changed' });
  });

  it('is not held by a pipe without a writer, nor is writing by one without a reader', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const refused = { code: 'file_unavailable', phase: 'open' };
    await expect(session.read('/pipe', discard, signal)).rejects.toMatchObject(refused);
    await expect(session.openWrite('/pipe', signal)).rejects.toMatchObject(refused);
    expect((await session.list('/', signal)).entries[0]?.kind).toBe('other');
  });
});

describe('writing', () => {
  it('does not empty a file that has a second name: half of an earlier rename', async () => {
    await writeFile(join(root, 'delivered'), 'precious');
    await link(join(root, 'delivered'), join(root, '.waybill-left.part'));
    const opening = session.openWrite('/.waybill-left.part', signal);
    await expect(opening).rejects.toMatchObject({ code: 'file_unavailable' });
    expect(await readFile(join(root, 'delivered'), 'utf8')).toBe('precious');
  });

  // /dev/full is the kernel's own full disk: each write gets a real ENOSPC.
  it('says disk_full when the disk is full, at the latest when it finishes', async () => {
    const small = new LocalWriter(await open('/dev/full', 'w'), '/small', {}, signal);
    await small.write(Buffer.from('a few bytes'));
    await expect(small.finish()).rejects.toMatchObject({ code: 'disk_full', phase: 'stream' });

    const large = new LocalWriter(await open('/dev/full', 'w'), '/large', {}, signal);
    const pouring = async (): Promise<void> => {
      for (let piece = 0; piece < 64; piece++) await large.write(Buffer.alloc(1024 * 1024));
    };
    await expect(pouring()).rejects.toMatchObject({ code: 'disk_full', phase: 'stream' });
    await large.abort();
  });

  it('fails the file when the disk cannot sync it, and does not try again', async () => {
    const handle = await open(join(root, 'file'), 'w');
    const sync = vi
      .spyOn(handle, 'sync')
      .mockRejectedValue(Object.assign(new Error('input/output error'), { code: 'EIO' }));
    const writer = new LocalWriter(handle, '/file', {}, signal);
    await writer.write(Buffer.from('bytes'));
    await expect(writer.finish()).rejects.toMatchObject({ code: 'transfer_interrupted', phase: 'stream' });
    expect(sync).toHaveBeenCalledOnce();
    expect(handle.fd).toBe(-1);
  });

  it('fails the file when a sync on the way failed, though the last one would succeed', async () => {
    const handle = await open(join(root, 'file'), 'w');
    const ahead = vi
      .spyOn(handle, 'datasync')
      .mockRejectedValue(Object.assign(new Error('input/output error'), { code: 'EIO' }));
    const last = vi.spyOn(handle, 'sync');
    const writer = new LocalWriter(handle, '/file', {}, signal);
    for (let piece = 0; piece < 40; piece++) await writer.write(Buffer.alloc(1024 * 1024));
    await expect(writer.finish()).rejects.toMatchObject({ code: 'transfer_interrupted', phase: 'stream' });
    expect(ahead).toHaveBeenCalledOnce();
    expect(last).not.toHaveBeenCalled();
  });

  it('stops taking bytes when its signal is aborted', async () => {
    const stop = new AbortController();
    const writer = await session.openWrite('/file', stop.signal);
    stop.abort();
    const writing = async (): Promise<void> => {
      for (let piece = 0; piece < 4; piece++) await writer.write(Buffer.alloc(1_000_000));
    };
    await expect(writing()).rejects.toMatchObject({ code: 'cancelled' });
    await writer.abort();
  });
});

describe('publishing', () => {
  it('has exactly one winner among fifty renames to one name', async () => {
    const rivals = await Promise.all(Array.from({ length: 50 }, () => openAt(root)));
    await Promise.all(rivals.map((_, index) => writeFile(join(root, `rival-${index}`), `${index}`)));
    const outcomes = await Promise.allSettled(
      rivals.map((rival, index) => rival.rename(`/rival-${index}`, '/target', { overwrite: false }, signal)),
    );
    const winners = [...outcomes.keys()].filter((index) => outcomes[index]?.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    expect(await readFile(join(root, 'target'), 'utf8')).toBe(`${winners[0]}`);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'destination_exists' });
    expect(await readdir(root)).toHaveLength(50);
    expect((await stat(join(root, 'target'))).nlink).toBe(1);
  });

  it('syncs the file before it has its name, and the directory after', async () => {
    const handle = await open(root);
    const prototype: typeof handle = Object.getPrototypeOf(handle);
    await handle.close();
    const { sync } = prototype;
    const synced: string[] = [];
    vi.spyOn(prototype, 'sync').mockImplementation(async function (this: typeof handle) {
      const what = (await this.stat()).isDirectory() ? 'directory' : 'file';
      synced.push(`${what} while it holds ${(await readdir(root)).sort()}`);
      return sync.call(this);
    });
    await write('/.part', Buffer.from('bytes'));
    await session.rename('/.part', '/final', { overwrite: false }, signal);
    expect(synced).toEqual(['file while it holds .part', 'directory while it holds final']);
  });

  it('syncs both directories of a move between two, and every parent of a new directory', async () => {
    await write('/file', Buffer.from('bytes'));
    const handle = await open(root);
    const prototype: typeof handle = Object.getPrototypeOf(handle);
    await handle.close();
    const sync = vi.spyOn(prototype, 'sync');
    await session.makeDirectory('/a/b/c', signal);
    expect(sync).toHaveBeenCalledTimes(3);
    await session.makeDirectory('/a/b/c', signal);
    expect(sync).toHaveBeenCalledTimes(3);
    await session.rename('/file', '/a/b/c/file', { overwrite: true }, signal);
    expect(sync).toHaveBeenCalledTimes(5);
  });
});

describe('permissions', () => {
  it('says permission_denied and names the endpoint path', async () => {
    await mkdir(join(root, 'locked'));
    await chmod(join(root, 'locked'), 0o555);
    const opening = asUnprivileged(() => session.openWrite('/locked/file', signal));
    await expect(opening).rejects.toMatchObject({
      code: 'permission_denied',
      detail: '/locked/file: EACCES',
    });
  });
});

/** Root may do everything: without its rights for the duration of `act`. */
async function asUnprivileged<T>(act: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return act();
  await chmod(home, 0o755);
  process.seteuid?.(65_534);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}
