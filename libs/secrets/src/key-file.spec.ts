import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeysFixed } from './key-encryption-keys.ts';
import { KeyFile, KeyFileProblem, loadOrCreateKey } from './key-file.ts';

// A file system that refuses to rename (a file that is mounted) cannot be made without rights of the machine's, and a power cut
// not at all: what would outlive it is told by the order of the calls.
const calls: string[] = [];
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const named = <A extends unknown[], R>(name: string, call: (...given: A) => Promise<R>) =>
    vi.fn(async (...given: A) => {
      const answer = await call(...given);
      calls.push(`${name} ${given.slice(0, 2).join(' ')}`);
      return answer;
    });
  return {
    ...real,
    rename: named('rename', real.rename),
    link: named('link', real.link),
    async open(...given: Parameters<typeof real.open>) {
      const handle = await real.open(...given);
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        await sync();
        calls.push(`sync ${String(given[0])}`);
      };
      return handle;
    },
  };
});

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-key-file-'));
});
afterAll(() => rm(root, { recursive: true }));

let folder: string;
let path: string;
beforeEach(async () => {
  calls.length = 0;
  folder = await mkdtemp(join(root, 'home-'));
  path = join(folder, 'secrets.key');
});

async function writeKey(mode: number): Promise<string> {
  const text = `${randomBytes(32).toString('base64')}\n`;
  await writeFile(path, text);
  await chmod(path, mode);
  return text;
}

const MOUNTED = { mayCreate: false } as const;
const OWN = process.getuid!();

describe('a key file that others may read', () => {
  it.each(['644', '640', '604', '660', '440', '622'])('is refused: mode 0%s', async (octal) => {
    const mode = Number.parseInt(octal, 8);
    const text = await writeKey(mode);
    const refusal = await KeyFile.open(path, MOUNTED).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(KeyFileProblem);
    expect(String(refusal)).toContain(`${path} has the mode 0${octal}`);
    expect(String(refusal)).toContain('chmod 600');
    expect(String(refusal)).not.toContain(text.trim());
    await expect(loadOrCreateKey(path, { mayCreate: true })).rejects.toThrow(KeyFileProblem);
  });

  it.each(['600', '400'])('is not one of mode 0%s', async (octal) => {
    await writeKey(Number.parseInt(octal, 8));
    await expect(loadOrCreateKey(path, MOUNTED)).resolves.toHaveLength(32);
  });

  it('is taken where somebody says who they are: the group of a Kubernetes mount, or everybody in a container', async () => {
    for (const [mode, group, everybody] of [
      [0o440, true, true],
      [0o660, true, true],
      [0o444, false, true],
      [0o644, false, true],
      [0o646, false, false],
    ] as const) {
      await writeKey(mode);
      const opens = (readers: 'group' | 'everybody') =>
        KeyFile.open(path, { ...MOUNTED, readers }).then(
          () => true,
          () => false,
        );
      expect([await opens('group'), await opens('everybody')]).toEqual([group, everybody]);
    }
  });

  it('is looked at each time it is read', async () => {
    await writeKey(0o600);
    const file = await KeyFile.open(path, MOUNTED);
    await chmod(path, 0o644);
    await expect(file.activeId()).rejects.toThrow(KeyFileProblem);
    await expect(file.rotate()).rejects.toThrow(KeyFileProblem);
    expect(await readdir(folder)).toEqual(['secrets.key']);
  });
});

describe('a key file that is written', () => {
  it('keeps its owner, its group and its mode', async () => {
    await writeKey(0o640);
    // Only root can give a file away; everybody else keeps what is his.
    if (OWN === 0) await chown(path, 12_345, 54_321);
    const before = await stat(path);
    await (await KeyFile.open(path, { ...MOUNTED, readers: 'group' })).rotate();
    const { uid, gid, mode } = await stat(path);
    expect({ uid, gid, mode }).toEqual({ uid: before.uid, gid: before.gid, mode: before.mode });
    expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(2);
  });

  it.each(['EBUSY', 'EPERM', 'EROFS', 'ENOSPC'])(
    'stays as it was when it cannot be replaced (%s), and no copy of the keys stays beside it',
    async (code) => {
      const text = await writeKey(0o600);
      const file = await KeyFile.open(path, MOUNTED);
      const id = await file.activeId();
      vi.mocked(rename).mockRejectedValueOnce(Object.assign(new Error(code), { code }));
      const refusal = await file.rotate().catch((error: unknown) => error);
      expect(refusal instanceof KeysFixed).toBe(code !== 'ENOSPC');
      expect(await readdir(folder)).toEqual(['secrets.key']);
      expect(await readFile(path, 'utf8')).toBe(text);
      expect(await file.activeId()).toBe(id);
    },
  );
});

describe('a key file after a power cut', () => {
  /** The names of files written aside are made up. */
  const order = () => calls.map((call) => call.replaceAll(/\.\d+\.[0-9a-f]{8}/g, '.aside'));

  it('is the new one once it has been replaced: the file is synced before it is renamed, its folder after', async () => {
    await writeKey(0o600);
    await (await KeyFile.open(path, MOUNTED)).rotate();
    expect(order()).toEqual([`sync ${path}.aside`, `rename ${path}.aside ${path}`, `sync ${folder}`]);
  });

  it('is there once it has been made, with the folders that were made for it', async () => {
    const made = join(folder, 'a', 'b');
    await loadOrCreateKey(join(made, 'secrets.key'), { mayCreate: true });
    const file = join(made, 'secrets.key');
    expect(order().toSorted()).toEqual(
      [
        ...[`sync ${file}.aside`, `link ${file}.aside ${file}`, `sync ${made}`],
        ...[`sync ${join(folder, 'a')}`, `sync ${folder}`],
      ].toSorted(),
    );
    expect(calls.indexOf(`sync ${made}`)).toBeGreaterThan(calls.findIndex((call) => call.startsWith('link')));
  });
});

describe('a lost key file', () => {
  it('is missed, and not made anew, where something needs it', async () => {
    await expect(
      loadOrCreateKey(path, { mayCreate: false, whenLost: 'Ask the one who knows' }),
    ).rejects.toThrow(/is not there.* Ask the one who knows\.$/);
    expect(await readdir(folder)).toEqual([]);
  });
});
