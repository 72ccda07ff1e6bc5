import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { LocalWriter } from './local-writer.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-writer-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const CHUNK_BYTES = 16 * 1024;

it.each([
  ['as long as expected', 3n * BigInt(CHUNK_BYTES), 1],
  ['longer than expected, a buffer of that size and then large ones', 10n, 4],
])('writes a file that is %s', async (_, expectedSizeBytes, mostWrites) => {
  const path = join(folder, 'file');
  const bytes = randomBytes((mostWrites === 1 ? 3 : 64) * CHUNK_BYTES);
  const handle = await open(path, 'w');
  const write = vi.spyOn(handle, 'write');
  const writer = new LocalWriter(handle, '/file', { expectedSizeBytes }, new AbortController().signal);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    await writer.write(bytes.subarray(at, at + CHUNK_BYTES));
  await writer.finish();
  expect(write.mock.calls.length).toBeLessThanOrEqual(mostWrites);
  expect((await readFile(path)).equals(bytes)).toBe(true);
});
