import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { scratchFolder } from './test/support/scratch-folder.ts';
import ServersFirst from './test/support/servers-first.ts';

// Tests read the sources, not dist: the "waybill-source" condition of package.json "imports".
const source = {
  resolve: { conditions: ['waybill-source'] },
  ssr: { resolve: { conditions: ['waybill-source'] } },
};

const inMemory = { TMPDIR: scratchFolder() };

export default defineConfig({
  ...source,
  test: {
    reporters: ['default', './test/support/closing-line.ts'],
    // Many suites wait for servers and processes: two files more at once than there are processors.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: ServersFirst },
    projects: [
      {
        ...source,
        test: {
          name: 'rooms',
          env: inMemory,
          include: ['libs/**/*.spec.ts', 'apps/**/*.spec.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: { name: 'model', env: inMemory, include: ['test/model/**/*.spec.ts'], testTimeout: 600_000 },
      },
      { ...source, test: { name: 'imports', include: ['test/imports.spec.ts'] } },
      {
        ...source,
        test: {
          name: 'e2e',
          env: inMemory,
          include: ['test/e2e/**/*.spec.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...source,
        test: {
          name: 'api',
          env: inMemory,
          include: ['test/api/**/*.spec.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          name: 'hostile',
          env: inMemory,
          include: ['test/hostile/**/*.spec.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      { ...source, test: { name: 'fuzz-corpus', include: ['test/fuzz/**/*.spec.ts'], testTimeout: 30_000 } },
      // Not part of `npm test`: they kill, freeze and starve what they start for minutes.
      ...['crash', 'chaos'].map((name) => ({
        ...source,
        test: {
          name,
          include: [`test/${name}/**/*.spec.ts`],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          env: { TESTCONTAINERS_RYUK_DISABLED: 'true' },
        },
      })),
      // Not part of `npm test`: it needs a browser. One file after the other, as some of them measure.
      {
        ...source,
        test: {
          name: 'browser',
          env: inMemory,
          include: ['test/browser/**/*.spec.ts'],
          globalSetup: ['test/browser/support/build-dashboard.ts'],
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...source,
        test: {
          name: 'servers',
          include: ['test/servers/**/*.spec.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // The reaper is an image that cannot be had everywhere; every suite stops what it started.
          env: { ...inMemory, TESTCONTAINERS_RYUK_DISABLED: 'true' },
        },
      },
    ],
  },
});
