import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { scratchFolder } from '../../support/scratch-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the dashboard as it was built for this run, from these sources. */
    dashboard: string;
  }
}

const ROOT = join(import.meta.dirname, '../../..');

/** Once for all specs: the dashboard as it is delivered, minified, in a folder of its own. */
export default async function buildDashboard(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(scratchFolder(), 'waybill-dashboard-'));
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const config = join(ROOT, 'apps/dashboard/vite.config.ts');
  const built = join(folder, 'built');
  const remove = () => rm(folder, { recursive: true, force: true });
  await promisify(execFile)(
    process.execPath,
    [
      '--conditions=waybill-source',
      vite,
      'build',
      '--config',
      config,
      '--configLoader',
      'native',
      '--outDir',
      built,
      '--logLevel',
      'warn',
    ],
    { cwd: ROOT, env: { ...process.env, NODE_ENV: 'production' } },
  ).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  project.provide('dashboard', built);
  return remove;
}
