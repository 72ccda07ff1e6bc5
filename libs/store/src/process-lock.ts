import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Another process works on this home; the sentence names it. */
export class HomeInUse extends Error {
  constructor(path: string, pid: number) {
    super(`${dirname(path)} is in use by process ${pid}. Stop it first, or choose another home with --home.`);
    this.name = 'HomeInUse';
  }
}

interface Holder {
  pid: number;
  /** Tells the process from a later one with the same number; null where the system does not say. */
  startedAt: string | null;
}

/**
 * Takes the lock file, or takes it over from a process that has died without releasing it.
 * @throws HomeInUse
 */
export async function takeProcessLock(path: string): Promise<{ release(): Promise<void> }> {
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    if (await createLock(path)) return { release: () => rm(path, { force: true }) };
    const holder = await readHolder(path);
    if (holder && (await isAlive(holder))) throw new HomeInUse(path, holder.pid);
    await removeStale(path, holder);
  }
}

/** Written aside and linked: nobody ever reads half a lock, and of several only one succeeds. */
async function createLock(path: string): Promise<boolean> {
  const aside = asideOf(path);
  try {
    await using file = await open(aside, 'wx', 0o600);
    const holder: Holder = { pid: process.pid, startedAt: await startTime(process.pid) };
    await file.writeFile(JSON.stringify(holder));
    await link(aside, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** Another process may have taken the dead one's place since we looked; its lock is put back. */
async function removeStale(path: string, dead: Holder | undefined): Promise<void> {
  const aside = asideOf(path);
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = await readHolder(aside);
  if (moved?.pid !== dead?.pid || moved?.startedAt !== dead?.startedAt)
    await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function asideOf(path: string): string {
  return `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    // Gone meanwhile, or damaged with the disk: nobody can be told to hold it.
    return undefined;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (!processExists(holder.pid)) return false;
  return holder.startedAt === null || holder.startedAt === (await startTime(holder.pid));
}

export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/PID/stat, counted after the name, which may hold blanks and brackets; a zombie has ended. */
async function startTime(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? null);
  } catch {
    return null;
  }
}
