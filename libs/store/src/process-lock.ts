import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process works on this home; the sentence names it. */
export class HomeInUse extends Error {
  constructor(home: string, pid: string | undefined) {
    super(
      `${home} is in use by ${pid === undefined ? 'another process' : `process ${pid}`}. Stop it first, or choose another home with --home.`,
    );
    this.name = 'HomeInUse';
  }
}

export interface ProcessLock {
  release(): Promise<void>;
}

/** SQLITE_BUSY */
const BUSY = 5;

/**
 * One process per home. The lock is the operating system's, taken through SQLite on an empty file: it is gone with
 * the process that held it, however that ended, so there is never a stale one to judge. `process.pid` only tells people.
 * @throws HomeInUse
 */
export async function lockHome(home: string): Promise<ProcessLock> {
  await mkdir(home, { recursive: true });
  const pidFile = join(home, 'process.pid');
  const lock = takeLock(join(home, 'process.lock'));
  if (!lock) throw new HomeInUse(home, await readPid(pidFile));
  // Renamed, so that nobody reads half a number.
  await writeFile(`${pidFile}.new`, `${process.pid}\n`);
  await rename(`${pidFile}.new`, pidFile);
  return {
    async release() {
      await rm(pidFile, { force: true });
      lock.close();
    },
  };
}

/** Nobody in this process may open the file in another way: closing it would drop the lock. */
function takeLock(path: string): DatabaseSync | undefined {
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { errcode?: unknown }).errcode === BUSY) return undefined;
    throw error;
  }
}

async function readPid(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
