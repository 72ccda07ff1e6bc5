import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeSessionConformance } from '#protocol/testing';
import { openLocalSession } from './index.ts';

const silent = { negotiated() {}, negotiationClosed() {}, transcript() {} };

describeSessionConformance('a local directory', async () => {
  const root = await mkdtemp(join(tmpdir(), 'waybill-localfs-'));
  await mkdir(join(root, 'suite'));
  return {
    root: '/suite',
    open: (observer = silent) =>
      openLocalSession(
        { endpoint: { name: 'disk', protocol: 'local', root, maxSessions: 4 } },
        observer,
        new AbortController().signal,
      ),
    async peek(path) {
      try {
        return await readFile(join(root, path));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    plant: (path, bytes) => writeFile(join(root, path), bytes),
    cleanup: () => rm(root, { recursive: true, force: true }),
  };
});
