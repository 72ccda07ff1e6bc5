import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransferError } from '#domain';
import { openLocalSession } from '#localfs';
import type { ByteSink, RemoteSession, SessionObserver } from '#protocol';
import { moveFile } from './move-file.ts';
import type { MoveFact, MoveOrder } from './order.ts';

const silent: SessionObserver = { negotiated() {}, negotiationClosed() {}, transcript() {} };
const signal = new AbortController().signal;
const TRANSFER = randomUUID();

let home: string;
let source: RemoteSession;
let destination: RemoteSession;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'waybill-transfer-'));
  source = await openSide('source');
  destination = await openSide('destination');
});

afterEach(async () => {
  await Promise.all([source.close(), destination.close()]);
  await rm(home, { recursive: true, force: true });
});

async function openSide(name: string): Promise<RemoteSession> {
  const root = join(home, name);
  await mkdir(root, { recursive: true });
  return openLocalSession({ endpoint: { name, protocol: 'local', root, maxSessions: 4 } }, silent, signal);
}

async function plant(name: string, bytes: Buffer): Promise<void> {
  await mkdir(join(home, 'source/out'), { recursive: true });
  await writeFile(join(home, 'source/out', name), bytes);
}

async function order(name: string, changes: Partial<MoveOrder> = {}): Promise<MoveOrder> {
  const now = await source.stat(`/out/${name}`, signal);
  return {
    transferId: TRANSFER,
    fence: 1,
    version: { path: `/out/${name}`, sizeBytes: now!.sizeBytes, modified: now!.modified },
    destinationPath: `/in/${name}`,
    onExisting: 'refuse',
    onAmbiguous: 'hold',
    minimumAssurance: 'size',
    resume: false,
    keepModified: false,
    afterDelivery: { source: 'keep' },
    previous: {
      publishIntended: false,
      temporaryPath: null,
      sizeBytes: null,
      sha256: null,
      assurance: null,
      delivered: false,
    },
    ...changes,
  };
}

async function facts(wanted: MoveOrder, from: RemoteSession = source): Promise<MoveFact[]> {
  const all: MoveFact[] = [];
  for await (const fact of moveFile(wanted, from, destination, signal)) all.push(fact);
  return all;
}

/** Takes facts up to and including the first of `kind`, then drops the generator as `kill -9` would: no cleanup runs. */
async function killAfter(wanted: MoveOrder, kind: MoveFact['kind']): Promise<void> {
  const moving = moveFile(wanted, source, destination, signal);
  for (let next = await moving.next(); !next.done; next = await moving.next())
    if (next.value.kind === kind) return;
  throw new Error(`${kind} never came`);
}

const delivered = (name: string) => readFile(join(home, 'destination/in', name));
const inDestination = () => readdir(join(home, 'destination/in'));

describe('moveFile', () => {
  it('yields each step before it is taken and delivers the same bytes', async () => {
    const bytes = randomBytes(3_000_000);
    await plant('report.csv', bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const all = await facts(await order('report.csv'));
    expect(all.map((fact) => fact.kind)).toEqual(['streaming', 'verifying', 'publish_intended', 'published']);
    expect(all[2]).toMatchObject({ sizeBytes: 3_000_000n, sha256, assurance: 'size' });
    expect((await delivered('report.csv')).equals(bytes)).toBe(true);
    expect(await inDestination()).toEqual(['report.csv']);
  });

  it('shows nothing under the final name before the intent is committed', async () => {
    await plant('a.csv', Buffer.from('a'));
    await killAfter(await order('a.csv'), 'publish_intended');
    expect(await inDestination()).toEqual([`.waybill-${TRANSFER}-1.part`]);
  });

  it('reads back what it wrote when the route demands it', async () => {
    await plant('a.csv', randomBytes(100_000));
    const all = await facts(await order('a.csv', { minimumAssurance: 'read_back' }));
    expect(all).toContainEqual(expect.objectContaining({ kind: 'publish_intended', assurance: 'read_back' }));
  });

  it('refuses to promise a hash nobody computes, and leaves nothing behind', async () => {
    await plant('a.csv', Buffer.from('a'));
    const wanted = await order('a.csv', {
      minimumAssurance: 'hash_by_server',
      afterDelivery: { source: 'delete' },
    });
    await expect(facts(wanted)).rejects.toMatchObject({ code: 'assurance_too_low', phase: 'verify' });
    expect(await inDestination()).toEqual([]);
    await expect(stat(join(home, 'source/out/a.csv'))).resolves.toBeDefined();
  });

  it('refuses an existing destination, and overwrites or numbers it only when the route says so', async () => {
    await plant('a.csv', Buffer.from('new'));
    await mkdir(join(home, 'destination/in'));
    await writeFile(join(home, 'destination/in/a.csv'), 'old');
    await expect(facts(await order('a.csv'))).rejects.toMatchObject({ code: 'destination_exists' });
    await facts(await order('a.csv', { onExisting: 'version' }));
    expect((await delivered('a-2.csv')).toString()).toBe('new');
    expect((await delivered('a.csv')).toString()).toBe('old');
    await facts(await order('a.csv', { onExisting: 'overwrite' }));
    expect((await delivered('a.csv')).toString()).toBe('new');
  });

  it('does not deliver a file that changed since it was listed', async () => {
    await plant('a.csv', Buffer.from('one'));
    const wanted = await order('a.csv');
    await writeFile(join(home, 'source/out/a.csv'), 'two!');
    await expect(facts(wanted)).rejects.toMatchObject({ code: 'source_changed', phase: 'open' });
    await rm(join(home, 'source/out/a.csv'));
    await expect(facts(wanted)).rejects.toMatchObject({ code: 'source_gone' });
  });

  it('withdraws its intent when the rename is refused', async () => {
    await plant('a.csv', Buffer.from('mine'));
    const moving = moveFile(await order('a.csv'), source, destination, signal);
    const kinds: string[] = [];
    const drive = async () => {
      for (let next = await moving.next(); !next.done; next = await moving.next()) {
        kinds.push(next.value.kind);
        // Somebody else takes the name after we looked and before we rename.
        if (next.value.kind === 'publish_intended')
          await writeFile(join(home, 'destination/in/a.csv'), 'theirs');
      }
    };
    await expect(drive()).rejects.toMatchObject({ code: 'destination_exists' });
    expect(kinds.at(-1)).toBe('publish_withdrawn');
    expect((await delivered('a.csv')).toString()).toBe('theirs');
    expect(await inDestination()).toEqual(['a.csv']);
  });
});

describe('going on in the middle of a file', () => {
  const bytes = randomBytes(3_000_000);

  /** The connection breaks after so many bytes; asked again it holds. */
  function breaking(afterBytes: number): RemoteSession {
    return new Proxy(source, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (key !== 'read') return typeof value === 'function' ? value.bind(target) : value;
        return async (path: string, sink: ByteSink) => {
          await sink(bytes.subarray(0, afterBytes));
          throw new TransferError('transfer_interrupted', { phase: 'stream', detail: path });
        };
      },
    });
  }

  async function interrupted(changes: Partial<MoveOrder>): Promise<MoveOrder> {
    await plant('big.bin', bytes);
    const first = await order('big.bin', changes);
    await expect(facts(first, breaking(2_100_000))).rejects.toMatchObject({ code: 'transfer_interrupted' });
    return { ...first, fence: 2 };
  }

  it('happens where the route allows it, and a hash proves the whole', async () => {
    const again = await interrupted({ resume: true });
    const all = await facts(again);
    expect(all[0]).toMatchObject({ kind: 'streaming', resumedAtBytes: 2_097_152n });
    expect(all[2]).toMatchObject({ sizeBytes: 3_000_000n, assurance: 'read_back' });
    expect((await delivered('big.bin')).equals(bytes)).toBe(true);
    expect(await inDestination()).toEqual(['big.bin']);
  });

  it('is given up when the bytes kept are not the bytes sent: the next attempt begins anew', async () => {
    const again = await interrupted({ resume: true });
    const part = join(home, 'destination/in', `.waybill-${TRANSFER}-1.part`);
    const kept = await readFile(part);
    kept[1_000]! ^= 1;
    await writeFile(part, kept);
    await expect(facts(again)).rejects.toMatchObject({ code: 'checksum_mismatch', phase: 'verify' });
    expect(await inDestination()).toEqual([]);
    const anew = await facts({ ...again, fence: 3 });
    expect(anew[0]).toMatchObject({ resumedAtBytes: 0n });
    expect((await delivered('big.bin')).equals(bytes)).toBe(true);
  });

  it('does not happen otherwise: nothing is left of the first attempt', async () => {
    const again = await interrupted({ resume: false });
    expect(await inDestination()).toEqual([]);
    expect((await facts(again))[0]).toMatchObject({ resumedAtBytes: 0n });
  });

  it('does not happen when only the side that kept the bytes could prove them', async () => {
    const again = await interrupted({ resume: true });
    const remote = new Proxy(source, {
      get(target, key) {
        if (key === 'capabilities') return { ...target.capabilities, local: false };
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const all = await facts(again, remote);
    expect(all[0]).toMatchObject({ resumedAtBytes: 0n });
    expect((await delivered('big.bin')).equals(bytes)).toBe(true);
    expect(await inDestination()).toEqual(['big.bin']);
  });
});

describe('the modification time', () => {
  it('goes along where the route says so', async () => {
    await plant('a.csv', Buffer.from('a'));
    const at = new Date('2021-03-04T05:06:07.000Z');
    await utimes(join(home, 'source/out/a.csv'), at, at);
    await facts(await order('a.csv', { keepModified: true }));
    expect((await stat(join(home, 'destination/in/a.csv'))).mtime).toEqual(at);
  });
});

describe('a destination that confirms a rename it did not do', () => {
  /** As some servers do (250 to RNTO): nothing happens, or the bytes are lost on the way. */
  function lying(rename: RemoteSession['rename']): RemoteSession {
    return new Proxy(destination, {
      get(target, key) {
        if (key === 'rename') return rename;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  async function facts(order: MoveOrder, liar: RemoteSession): Promise<string[]> {
    const kinds: string[] = [];
    for await (const fact of moveFile(order, source, liar, signal)) kinds.push(fact.kind);
    return kinds;
  }

  it.each([
    ['hold', 'delivery_in_doubt'],
    ['resend', 'rename_failed'],
  ] as const)('is not believed: onAmbiguous %s ends with %s', async (onAmbiguous, code) => {
    await plant('a.csv', randomBytes(100));
    const liar = lying((from) => destination.remove(from, signal));
    await expect(facts(await order('a.csv', { onAmbiguous }), liar)).rejects.toMatchObject({ code });
  });

  it('is not believed when the target has another size', async () => {
    await plant('a.csv', randomBytes(100));
    const liar = lying(() => writeFile(join(home, 'destination/in/a.csv'), 'short'));
    await expect(
      facts(await order('a.csv', { onAmbiguous: 'assume_delivered' }), liar),
    ).rejects.toMatchObject({ code: 'delivery_in_doubt' });
  });

  it('is believed about a file that is gone where the route says so', async () => {
    await plant('a.csv', randomBytes(100));
    const liar = lying((from) => destination.remove(from, signal));
    expect(await facts(await order('a.csv', { onAmbiguous: 'assume_delivered' }), liar)).toContain(
      'published',
    );
  });
});

describe('disposing of the source', () => {
  it('deletes or archives it after the delivery, keeping older archived versions', async () => {
    for (const content of ['first', 'second']) {
      await plant('a.csv', Buffer.from(content));
      await facts(
        await order('a.csv', {
          onExisting: 'overwrite',
          afterDelivery: { source: 'archive', to: '/out/done' },
        }),
      );
    }
    expect((await readdir(join(home, 'source/out/done'))).sort()).toEqual(['a-2.csv', 'a.csv']);
    await plant('b.csv', Buffer.from('b'));
    const all = await facts(await order('b.csv', { afterDelivery: { source: 'delete' } }));
    expect(all.at(-1)).toEqual({ kind: 'disposed', source: 'delete', note: 'deleted' });
    expect(await readdir(join(home, 'source/out'))).toEqual(['done']);
  });

  it('leaves a newer version of the same name alone', async () => {
    await plant('a.csv', Buffer.from('one'));
    const wanted = await order('a.csv', { afterDelivery: { source: 'delete' } });
    await killAfter(wanted, 'published');
    await writeFile(join(home, 'source/out/a.csv'), 'two');
    await utimes(join(home, 'source/out/a.csv'), 1, 1);
    const all = await facts({ ...wanted, fence: 2, previous: { ...wanted.previous, delivered: true } });
    expect(all).toEqual([
      { kind: 'disposed', source: 'delete', note: 'left alone: a newer version stands under this name' },
    ]);
    expect((await readFile(join(home, 'source/out/a.csv'))).toString()).toBe('two');
  });
});

describe('after a crash', () => {
  async function crashedAt(kind: MoveFact['kind'], changes: Partial<MoveOrder> = {}) {
    const bytes = randomBytes(10_000);
    await plant('a.csv', bytes);
    const first = await order('a.csv', changes);
    await killAfter(first, kind);
    const again: MoveOrder = {
      ...first,
      fence: 2,
      previous: {
        publishIntended: true,
        temporaryPath: `/in/.waybill-${TRANSFER}-1.part`,
        sizeBytes: 10_000n,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        assurance: 'size',
        delivered: false,
      },
    };
    return { bytes, again };
  }

  it('starts anew when the rename was intended but not done', async () => {
    const { bytes, again } = await crashedAt('publish_intended');
    const kinds = (await facts(again)).map((fact) => fact.kind);
    expect(kinds).toEqual(['publish_withdrawn', 'streaming', 'verifying', 'publish_intended', 'published']);
    expect((await delivered('a.csv')).equals(bytes)).toBe(true);
    expect(await inDestination()).toEqual(['a.csv']);
  });

  it('recognises its own file when the rename was done but not recorded', async () => {
    const { again } = await crashedAt('published');
    expect(await facts(again)).toEqual([
      { kind: 'published', destinationPath: '/in/a.csv', disposes: false, recovered: true },
    ]);
  });

  it.each(['refuse', 'version'] as const)(
    'delivers once when the crash came between link and unlink (%s)',
    async (onExisting) => {
      const { again } = await crashedAt('publish_intended', { onExisting });
      await link(
        join(home, `destination/in/.waybill-${TRANSFER}-1.part`),
        join(home, 'destination/in/a.csv'),
      );
      const all = await facts(again);
      expect(all).toEqual([
        expect.objectContaining({ kind: 'published', destinationPath: '/in/a.csv', recovered: true }),
      ]);
      expect(await inDestination()).toEqual(['a.csv']);
    },
  );

  it('holds when the file is gone, and follows the route when it has an answer', async () => {
    const { bytes, again } = await crashedAt('published');
    await rm(join(home, 'destination/in/a.csv'));
    await expect(facts(again)).rejects.toMatchObject({ code: 'delivery_in_doubt', phase: 'publish' });
    const assumed = await facts({ ...again, onAmbiguous: 'assume_delivered' });
    expect(assumed).toEqual([expect.objectContaining({ kind: 'published', recovered: true })]);
    await facts({ ...again, onAmbiguous: 'resend' });
    expect((await delivered('a.csv')).equals(bytes)).toBe(true);
  });

  it('holds when somebody else’s file of the same size stands at the destination', async () => {
    const { again } = await crashedAt('published');
    await writeFile(join(home, 'destination/in/a.csv'), randomBytes(10_000));
    await expect(facts(again)).rejects.toMatchObject({ code: 'delivery_in_doubt' });
  });
});
