import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HASH_ALGORITHMS, type RemoteSession } from '../src/index.ts';
import { describeReading } from './reading-conformance.ts';
import {
  AWKWARD_NAMES,
  digestOf,
  expectTransferError,
  expectUsableOrBroken,
  HOSTILE,
  HOSTILE_NAMES,
  MEBIBYTE,
  pourInto,
  type SessionHarness,
  SIZES,
  unlimited,
  upload,
} from './session-harness.ts';

/** The questions every adapter answers in the same way, on a real endpoint. */
export function describeSessionConformance(
  name: string,
  given: SessionHarness | (() => Promise<SessionHarness>),
): void {
  describe(`a RemoteSession on ${name}`, () => {
    let harness: SessionHarness;
    let session: RemoteSession;
    /** A directory of its own for every test. */
    let here: string;
    let count = 0;
    const transcript: string[] = [];

    beforeAll(async () => {
      harness = typeof given === 'function' ? await given() : given;
    });

    afterAll(async () => {
      await harness?.cleanup();
    });

    beforeEach(async () => {
      session = await harness.open({
        negotiated() {},
        negotiationClosed() {},
        transcript: ({ text }) => void transcript.push(text),
      });
      here = `${harness.root === '/' ? '' : harness.root}/${++count}`;
      await session.makeDirectory(here, unlimited);
    });

    afterEach(async () => {
      await session.close();
    });

    async function plant(file: string, bytes: Buffer | string): Promise<string> {
      await harness.plant(`${here}/${file}`, Buffer.from(bytes));
      return `${here}/${file}`;
    }

    describe('list', () => {
      it('shows nothing in an empty directory', async () => {
        expect(await session.list(here, unlimited)).toEqual({ entries: [], refused: [] });
      });

      it('says path_not_found for a directory that does not exist, not an empty listing', async () => {
        await expectTransferError(session.list(`${here}/none`, unlimited), 'path_not_found', ['list']);
        await expectUsableOrBroken(session, await plant('witness', 'w'));
      });

      it('shows files and directories under their exact names, with absolute paths', async () => {
        for (const file of AWKWARD_NAMES) await plant(file, file);
        await plant('empty', '');
        await session.makeDirectory(`${here}/folder one`, unlimited);
        const { entries, refused } = await session.list(here, unlimited);
        expect(refused).toEqual([]);
        const seen = entries.map(({ name, path, kind, sizeBytes }) => ({
          name,
          path,
          kind,
          sizeBytes: kind === 'file' ? sizeBytes : 'any',
        }));
        const files = [...AWKWARD_NAMES, 'empty'].map((file) => ({
          name: file,
          path: `${here}/${file}`,
          kind: 'file',
          sizeBytes: BigInt(file === 'empty' ? 0 : Buffer.byteLength(file)),
        }));
        const folder = {
          name: 'folder one',
          path: `${here}/folder one`,
          kind: 'directory',
          sizeBytes: 'any',
        };
        const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
        expect(seen.sort(byName)).toEqual([...files, folder].sort(byName));
      });

      it('shows every one of many files once', async () => {
        const names = Array.from({ length: 300 }, (_, index) => `file-${index}.dat`);
        await Promise.all(names.map((file) => plant(file, file)));
        const { entries } = await session.list(here, unlimited);
        expect(entries.map(({ name }) => name).sort()).toEqual(names.sort());
      });

      it('never hands out a name with control, invisible or direction-changing characters', async () => {
        for (const file of HOSTILE_NAMES) await plant(file, 'x');
        await plant('good.csv', 'good');
        const { entries, refused } = await session.list(here, unlimited);
        expect(entries.filter(({ name, path }) => HOSTILE.test(name) || HOSTILE.test(path))).toEqual([]);
        expect(refused.filter(({ shown, reason }) => HOSTILE.test(shown) || reason === '')).toEqual([]);
        expect(entries.map(({ name }) => name)).toContain('good.csv');
      });

      it('states the same size and time as stat does: the engine compares them for equality', async () => {
        await plant('a.csv', 'twelve bytes');
        const { entries } = await session.list(here, unlimited);
        const stat = await session.stat(`${here}/a.csv`, unlimited);
        expect(stat).toMatchObject({ sizeBytes: 12n, modified: entries[0]?.modified });
        expect(await session.stat(`${here}/a.csv`, unlimited)).toEqual(stat);
      });
    });

    describe('stat', () => {
      it('is undefined for a file that does not exist, and for one in a missing directory', async () => {
        expect(await session.stat(`${here}/none`, unlimited)).toBeUndefined();
        expect(await session.stat(`${here}/none/none`, unlimited)).toBeUndefined();
      });

      it.each(AWKWARD_NAMES)('finds %j', async (file) => {
        const path = await plant(file, '12345');
        expect((await session.stat(path, unlimited))?.sizeBytes).toBe(5n);
      });
    });

    describeReading(() => ({ harness, session, here, plant }));

    describe('openWrite', () => {
      it.each(SIZES)('puts exactly %i bytes on disk', async (sizeBytes) => {
        const bytes = randomBytes(sizeBytes);
        expect(await upload(session, `${here}/file`, bytes)).toBe(BigInt(sizeBytes));
        expect((await harness.peek(`${here}/file`))?.equals(bytes)).toBe(true);
      });

      it.each([1, 1000, 70_000, 3 * MEBIBYTE])('takes pieces of %i bytes', async (pieceBytes) => {
        const bytes = randomBytes(pieceBytes === 1 ? 300 : 3 * MEBIBYTE + 7);
        const writer = await session.openWrite(`${here}/file`, unlimited);
        await pourInto(writer, bytes, pieceBytes);
        expect((await writer.finish()).sizeBytes).toBe(BigInt(bytes.length));
        expect((await harness.peek(`${here}/file`))?.equals(bytes)).toBe(true);
      });

      it.each(AWKWARD_NAMES)('creates %j', async (file) => {
        await upload(session, `${here}/${file}`, Buffer.from('content'));
        expect((await harness.peek(`${here}/${file}`))?.toString()).toBe('content');
      });

      it('truncates what an earlier attempt left under the name', async () => {
        const path = await plant('.waybill-left.part', randomBytes(200_000));
        await upload(session, path, Buffer.from('short'));
        expect((await harness.peek(path))?.toString()).toBe('short');
      });

      it('states the bytes it was given when the source ends short, so that the engine sees the difference', async () => {
        const writer = await session.openWrite(`${here}/file`, unlimited);
        await pourInto(writer, randomBytes(99_999));
        expect((await writer.finish()).sizeBytes).toBe(99_999n);
        expect((await session.stat(`${here}/file`, unlimited))?.sizeBytes).toBe(99_999n);
      });

      it('leaves a session that works, or says that it is broken, after abort', async () => {
        const witness = await plant('witness', 'w');
        const writer = await session.openWrite(`${here}/file`, unlimited);
        await pourInto(writer, randomBytes(300_000));
        await writer.abort();
        await expectUsableOrBroken(session, witness);
      });

      it('says path_not_found when the directory does not exist', async () => {
        const opening = session.openWrite(`${here}/none/file`, unlimited);
        await expectTransferError(opening, 'path_not_found', ['open']);
        await expectUsableOrBroken(session, await plant('witness', 'w'));
      });
    });

    describe('rename', () => {
      it('moves a file, also between directories', async () => {
        const from = await plant('from', 'content');
        await session.makeDirectory(`${here}/there`, unlimited);
        await session.rename(from, `${here}/there/to "1".csv`, { overwrite: false }, unlimited);
        expect(await harness.peek(from)).toBeUndefined();
        expect((await harness.peek(`${here}/there/to "1".csv`))?.toString()).toBe('content');
      });

      it('refuses an existing target without overwrite, and leaves both files alone', async () => {
        const [from, to] = [await plant('from', 'new'), await plant('to', 'old')];
        const renaming = session.rename(from, to, { overwrite: false }, unlimited);
        await expectTransferError(renaming, 'destination_exists', ['publish']);
        expect((await harness.peek(from))?.toString()).toBe('new');
        expect((await harness.peek(to))?.toString()).toBe('old');
        await expectUsableOrBroken(session, from);
      });

      it('replaces an existing target with overwrite', async () => {
        const [from, to] = [await plant('from', 'new'), await plant('to', 'old')];
        await session.rename(from, to, { overwrite: true }, unlimited);
        expect(await harness.peek(from)).toBeUndefined();
        expect((await harness.peek(to))?.toString()).toBe('new');
      });

      it.each([true, false])(
        'says path_not_found for a missing source (overwrite: %s)',
        async (overwrite) => {
          const renaming = session.rename(`${here}/none`, `${here}/to`, { overwrite }, unlimited);
          await expectTransferError(renaming, 'path_not_found', ['publish']);
          expect(await harness.peek(`${here}/to`)).toBeUndefined();
        },
      );

      it('says path_not_found when the target directory is missing', async () => {
        const from = await plant('from', 'content');
        const renaming = session.rename(from, `${here}/none/to`, { overwrite: false }, unlimited);
        await expectTransferError(renaming, 'path_not_found', ['publish']);
        expect((await harness.peek(from))?.toString()).toBe('content');
      });

      it('has one winner when several sessions race to one target, where it claims so', async () => {
        if (!session.capabilities.renameNoReplace) return;
        const rivals = await Promise.all(Array.from({ length: 4 }, () => harness.open()));
        for (const index of rivals.keys()) await plant(`rival-${index}`, `${index}`);
        const outcomes = await Promise.allSettled(
          rivals.map((rival, index) =>
            rival.rename(`${here}/rival-${index}`, `${here}/to`, { overwrite: false }, unlimited),
          ),
        );
        await Promise.all(rivals.map((rival) => rival.close()));
        const winners = [...outcomes.keys()].filter((index) => outcomes[index]?.status === 'fulfilled');
        expect(winners).toHaveLength(1);
        expect((await harness.peek(`${here}/to`))?.toString()).toBe(`${winners[0]}`);
      });
    });

    describe('remove and makeDirectory', () => {
      it('removes a file, and is content when it is gone already', async () => {
        const path = await plant('file', 'content');
        await session.remove(path, unlimited);
        expect(await harness.peek(path)).toBeUndefined();
        await session.remove(path, unlimited);
        await session.remove(`${here}/none/none`, unlimited);
      });

      it('makes a directory with its parents, and is content when it exists', async () => {
        const deep = `${here}/a b/Ü/c`;
        await session.makeDirectory(deep, unlimited);
        await session.makeDirectory(deep, unlimited);
        await upload(session, `${deep}/file`, Buffer.from('deep'));
        expect((await harness.peek(`${deep}/file`))?.toString()).toBe('deep');
      });
    });

    describe('the session', () => {
      it('hashes on the server exactly when it says so', async () => {
        const bytes = randomBytes(100_000);
        const path = await plant('file', bytes);
        const { hashes, strongestAssurance } = session.capabilities;
        const strong = hashes.includes('sha512') || hashes.includes('sha256');
        expect(strongestAssurance === 'hash_by_server').toBe(strong);
        for (const algorithm of hashes)
          expect(await session.hash(path, algorithm, unlimited)).toBe(digestOf(algorithm, bytes));
        const missing = HASH_ALGORITHMS.find((algorithm) => !hashes.includes(algorithm));
        if (missing)
          await expectTransferError(session.hash(path, missing, unlimited), 'internal', ['verify']);
      });

      it('reads and writes from the middle of a file exactly when it says so', async () => {
        const bytes = randomBytes(300_000);
        const path = await plant('file', bytes);
        if (!session.capabilities.resume) return;
        const chunks: Buffer[] = [];
        const sink = (chunk: Buffer) => void chunks.push(Buffer.from(chunk));
        const end = await session.read(path, sink, unlimited, { offset: 123_456n });
        expect(end.sizeBytes).toBe(BigInt(bytes.length - 123_456));
        expect(Buffer.concat(chunks).equals(bytes.subarray(123_456))).toBe(true);
        const part = `${here}/part`;
        await upload(session, part, bytes.subarray(0, 200_001));
        const writer = await session.openWrite(part, unlimited, { offset: 200_001n });
        await pourInto(writer, bytes.subarray(200_001));
        expect((await writer.finish()).sizeBytes).toBe(BigInt(bytes.length - 200_001));
        expect((await harness.peek(part))?.equals(bytes)).toBe(true);
        await expectTransferError(
          session.openWrite(part, unlimited, { offset: 999_999n }),
          'resume_refused',
          ['open'],
        );
        await expectUsableOrBroken(session, path);
      });

      it('sets the modification time, or says that it cannot', async () => {
        const path = await plant('file', 'content');
        const at = new Date('2021-03-04T05:06:07.000Z');
        if (await session.setModified(path, at, unlimited))
          expect((await session.stat(path, unlimited))?.modifiedAt).toEqual(at);
      });

      it('begins nothing under a signal that is aborted already', async () => {
        const path = await plant('file', 'content');
        const stopped = AbortSignal.abort();
        await expectTransferError(session.list(here, stopped), 'cancelled', ['list']);
        await expectTransferError(session.remove(path, stopped), 'cancelled', ['dispose']);
        await expectTransferError(session.openWrite(path, stopped), 'cancelled', ['open']);
        expect((await harness.peek(path))?.toString()).toBe('content');
        await expectUsableOrBroken(session, path);
      });

      it('closes twice without a word', async () => {
        await session.close();
        await session.close();
      });

      it('keeps control characters out of the transcript', () => {
        expect(transcript.filter((line) => /[\u0000-\u001f\u007f-\u009f]/.test(line))).toEqual([]);
      });
    });
  });
}
