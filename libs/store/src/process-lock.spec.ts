import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { HomeInUse, lockHome } from './process-lock.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'waybill-lock-'));
  return () => rm(home, { recursive: true });
});

/** A process that locks the home and lives until it is killed. */
async function otherHolder() {
  const module = fileURLToPath(new URL('./process-lock.ts', import.meta.url));
  const script = `import { lockHome } from ${JSON.stringify(module)};
    await lockHome(${JSON.stringify(home)}); console.log('held'); setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

test('a second holder is refused with the number of the first, and gets it once that is released', async () => {
  const lock = await lockHome(home);
  await expect(lockHome(home)).rejects.toThrow(HomeInUse);
  await expect(lockHome(home)).rejects.toThrow(`${home} is in use by process ${process.pid}.`);
  await lock.release();
  await (await lockHome(home)).release();
});

test('a process that is killed leaves no lock behind', async () => {
  const holder = await otherHolder();
  await expect(lockHome(home)).rejects.toThrow(`in use by process ${holder.pid}.`);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await (await lockHome(home)).release();
});

test('a number left by a dead process, ours or a stranger’s by now, means nothing', async () => {
  for (const pid of [process.pid, 1]) {
    await writeFile(join(home, 'process.pid'), `${pid}\n`);
    await (await lockHome(home)).release();
  }
});

test('of fifty at once exactly one gets it', async () => {
  const answers = await Promise.allSettled(Array.from({ length: 50 }, () => lockHome(home)));
  const held = answers.filter((answer) => answer.status === 'fulfilled');
  expect(held).toHaveLength(1);
  for (const answer of answers)
    if (answer.status === 'rejected') expect(answer.reason).toBeInstanceOf(HomeInUse);
  await held[0]!.value.release();
});
