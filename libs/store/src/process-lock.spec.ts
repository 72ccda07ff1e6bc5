import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { HomeInUse, takeProcessLock } from './process-lock.ts';

let path: string;

beforeEach(async () => {
  const home = await mkdtemp(join(tmpdir(), 'waybill-lock-'));
  path = join(home, 'waybill.lock');
  return () => rm(home, { recursive: true });
});

test('a second holder is refused with the number of the first, and may take it once released', async () => {
  const lock = await takeProcessLock(path);
  await expect(takeProcessLock(path)).rejects.toThrow(HomeInUse);
  await expect(takeProcessLock(path)).rejects.toThrow(`in use by process ${process.pid}`);
  await lock.release();
  await (await takeProcessLock(path)).release();
});

test.each([
  ['of a process that has ended', JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' })],
  ['of an earlier process with our number', JSON.stringify({ pid: process.pid, startedAt: '1' })],
  ['that a full disk left empty', ''],
])('a lock %s is taken over', async (_, text) => {
  await writeFile(path, text);
  const lock = await takeProcessLock(path);
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
  await lock.release();
  expect(await readdir(join(path, '..'))).toEqual([]);
});

test.each(['', JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' })])(
  'of twenty at once exactly one gets it (found: %j)',
  async (found) => {
    if (found) await writeFile(path, found);
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => takeProcessLock(path)));
    expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers)
      if (answer.status === 'rejected') expect(answer.reason).toBeInstanceOf(HomeInUse);
    expect(await readdir(join(path, '..'))).toEqual(['waybill.lock']);
  },
);
