import { readFileSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';

const MEMORY = '/dev/shm';
/** Servers hold files of 300 MiB, and there are dozens of databases. */
const ENOUGH_BYTES = 8 * 1024 ** 3;

/**
 * Where the files of a test run lie: in memory where there is plenty. The suites make and remove some hundred thousand files;
 * the system's part in that is a third of all they do on a disk, and next to nothing there. What has to outlive a process, and
 * what a kill may tear, is the same in both; suites about disks stay on them.
 */
export function scratchFolder(): string {
  return isRoomy() && mayExecute() ? MEMORY : tmpdir();
}

function isRoomy(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return Math.min(bavail * bsize, freemem()) > ENOUGH_BYTES;
  } catch {
    return false;
  }
}

/** Some suites start programs from what they have copied. */
function mayExecute(): boolean {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  const options = mounts.findLast((line) => line.split(' ')[1] === MEMORY)?.split(' ')[3] ?? '';
  return !options.split(',').includes('noexec');
}
