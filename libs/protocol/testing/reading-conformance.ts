import { createHash, randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { TransferError } from '#domain';
import type { ByteSink, RemoteSession } from '../src/index.ts';
import {
  collect,
  eventLoopTurns,
  expectTransferError,
  expectUsableOrBroken,
  failureOf,
  MEBIBYTE,
  type SessionHarness,
  SIZES,
  unlimited,
} from './session-harness.ts';

/** What one test of the suite works with. */
export interface Workplace {
  harness: SessionHarness;
  session: RemoteSession;
  /** A directory of its own. */
  here: string;
  /** Puts a file there, past the adapter; returns its path. */
  plant(file: string, bytes: Buffer | string): Promise<string>;
}

/** The part of the suite about `read`; `current` is asked before each test. */
export function describeReading(current: () => Workplace): void {
  describe('read', () => {
    let harness: SessionHarness;
    let session: RemoteSession;
    let here: string;
    let plant: Workplace['plant'];

    beforeEach(() => {
      ({ harness, session, here, plant } = current());
    });

    it.each(SIZES)('brings all of %i bytes', async (sizeBytes) => {
      const bytes = randomBytes(sizeBytes);
      const path = await plant('file', bytes);
      const read = await collect(session, path);
      expect(read.statedBytes).toBe(BigInt(sizeBytes));
      expect(read.bytes.equals(bytes)).toBe(true);
    });

    it('does not touch line ends', async () => {
      const bytes = Buffer.from('a\r\nb\nc\rd\u001a\u0000\u00ff', 'latin1');
      expect((await collect(session, await plant('text', bytes))).bytes.equals(bytes)).toBe(true);
    });

    it('waits for the sink: one chunk at a time, its memory untouched while the promise is pending', async () => {
      const bytes = randomBytes(5 * MEBIBYTE);
      const path = await plant('file', bytes);
      let inside = 0;
      let calls = 0;
      let changed = 0;
      let overlapped = 0;
      const hash = createHash('sha256');
      const sink = async (chunk: Buffer): Promise<void> => {
        calls += 1;
        if (++inside > 1) overlapped += 1;
        const before = Buffer.from(chunk);
        await eventLoopTurns(calls === 1 ? 200 : 3);
        if (!before.equals(chunk)) changed += 1;
        hash.update(chunk);
        inside -= 1;
      };
      await session.read(path, sink, unlimited);
      expect({ overlapped, changed }).toEqual({ overlapped: 0, changed: 0 });
      expect(hash.digest('hex')).toBe(sha256(bytes));
    });

    const problem = Object.assign(new Error('the other side is full'), { code: 'ENOSPC' });
    it.each<[string, ByteSink]>([
      [
        'throws',
        () => {
          throw problem;
        },
      ],
      ['rejects', () => eventLoopTurns(3).then(() => Promise.reject(problem))],
    ])('rethrows the very error when the sink %s, and asks it no more', async (_how, fail) => {
      const path = await plant('file', randomBytes(5 * MEBIBYTE));
      let calls = 0;
      const sink: ByteSink = (chunk) => {
        calls += 1;
        return fail(chunk);
      };
      expect(await failureOf(session.read(path, sink, unlimited))).toBe(problem);
      await eventLoopTurns(20);
      expect(calls).toBe(1);
      await expectUsableOrBroken(session, path);
    });

    it('ends by its signal, also while the sink is stuck', async () => {
      const path = await plant('file', randomBytes(5 * MEBIBYTE));
      const stop = new AbortController();
      const sink = (): Promise<void> => {
        setImmediate(() => stop.abort());
        return new Promise(() => {});
      };
      await expectTransferError(session.read(path, sink, stop.signal), 'cancelled', ['open', 'stream']);
      await expectUsableOrBroken(session, path);
    });

    it('gives the TransferError that the signal was aborted with', async () => {
      const path = await plant('file', randomBytes(5 * MEBIBYTE));
      const stop = new AbortController();
      const reason = new TransferError('shutting_down', { phase: 'stream' });
      const error = await failureOf(session.read(path, () => stop.abort(reason), stop.signal));
      expect(error).toBe(reason);
    });

    it('says path_not_found for a missing file', async () => {
      const read = session.read(`${here}/none`, () => {}, unlimited);
      await expectTransferError(read, 'path_not_found', ['open', 'stream']);
      await expectUsableOrBroken(session, await plant('witness', 'w'));
    });

    it('never passes off a file that shrinks meanwhile as complete', async () => {
      const long = randomBytes(5 * MEBIBYTE);
      const short = randomBytes(1000);
      const path = await plant('file', long);
      const chunks: Buffer[] = [];
      const sink = async (chunk: Buffer): Promise<void> => {
        if (chunks.length === 0) await harness.plant(path, short);
        chunks.push(Buffer.from(chunk));
      };
      const outcome = await session.read(path, sink, unlimited).catch((error: unknown) => error);
      if (!(outcome instanceof TransferError)) {
        // The server kept the old file open, or had it all under way: then it is exactly that version.
        expect([sha256(long), sha256(short)]).toContain(sha256(Buffer.concat(chunks)));
      }
    });
  });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
