import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { watchDirectory } from '../support/watch-directory.ts';

it('the outsider who lists the target sees a file that is half written under its final name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-watch-'));
  const watch = watchDirectory(folder, [{ name: 'a.csv', sizeBytes: 2, sha256: '' }]);
  await using file = await open(join(folder, 'a.csv'), 'wx');
  await file.write('a');
  await expect.poll(() => watch.partial.length).toBeGreaterThan(0);
  await file.write('b');
  await watch.stop();
  expect(new Set(watch.partial)).toEqual(new Set(['a.csv: 1 of 2 bytes']));
  await rm(folder, { recursive: true });
});
