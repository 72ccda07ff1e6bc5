import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const STOP_DEADLINE_MS = 20_000;

/**
 * After `kill -9` of its parent a server may live on, or parts of it without their head. All of it is stopped; what
 * it had not written yet comes back from its log at the next start.
 */
export async function stopOrphan(data: string): Promise<void> {
  const pidFile = join(data, 'postmaster.pid');
  const text = await readFile(pidFile, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const head = Number(text.split('\n')[0]);
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    const living = await processesOf(data, head);
    if (living.length === 0) break;
    if (living.includes(head)) send(head, signal);
    // To the parts SIGINT means only "cancel your query".
    else for (const pid of living) send(pid, signal === 'SIGINT' ? 'SIGQUIT' : signal);
    await noneLeft(data, head);
  }
  const left = await processesOf(data, head);
  if (left.length > 0)
    throw new Error(`The PostgreSQL processes ${left.join(', ')} left by an earlier start do not stop.`);
  // The number is a stranger's by now, or a dead process nobody has collected; PostgreSQL would take it for its own.
  if (processExists(head)) await rm(pidFile, { force: true });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function noneLeft(data: string, head: number): Promise<void> {
  const end = performance.now() + STOP_DEADLINE_MS;
  while (performance.now() < end && (await processesOf(data, head)).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Every process of a PostgreSQL server works in its data folder; one that has ended (a zombie) works nowhere. */
async function processesOf(data: string, head: number): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => undefined);
  if (!entries) return (await commandOf(head)).includes(data) ? [head] : [];
  const pids = entries.filter((name) => /^\d+$/.test(name)).map(Number);
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)));
  return pids.filter((_, index) => folders[index] === data);
}

/** Where there is no /proc. */
async function commandOf(pid: number): Promise<string> {
  if (!Number.isInteger(pid) || pid <= 1) return '';
  const asked = promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
  return asked.then(
    ({ stdout }) => stdout,
    () => '',
  );
}

export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
