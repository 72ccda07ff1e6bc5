import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openFtpsSession } from '#ftps';
import { openLocalSession } from '#localfs';
import type { RemoteSession } from '#protocol';
import { inLanes, place, say } from './place.ts';

const [work, ...rest] = process.argv.slice(2);
const signal = new AbortController().signal;
const silent = { negotiated() {}, negotiationClosed() {}, transcript() {} };
const started = performance.now();

function connect(): Promise<RemoteSession> {
  return openFtpsSession(
    {
      password: place.password,
      endpoint: {
        name: 'bench',
        maxSessions: 16,
        protocol: 'ftps',
        mode: 'explicit',
        host: place.host,
        port: place.port,
        username: place.username,
        password: { env: 'UNUSED' },
        tls: {
          minVersion: 'TLSv1.3',
          ca: [place.ca],
          pins: [],
          sessionReuse: process.env['BENCH_REUSE'] === 'off' ? 'preferred' : 'required',
          dataProtection: 'private',
        },
        passive: { addressPolicy: 'control_host' },
        encoding: 'utf8',
        pipelining: true,
      },
    },
    silent,
    signal,
  );
}

function local(path: string): Promise<RemoteSession> {
  const endpoint = { name: 'disk', protocol: 'local' as const, root: dirname(path), maxSessions: 16 };
  return openLocalSession({ endpoint }, silent, signal);
}

async function download(session: RemoteSession, remote: string, path: string): Promise<string> {
  const hash = createHash('sha256');
  const writer = await (await local(path)).openWrite(`/${basename(path)}`, signal);
  await session.read(
    remote,
    (chunk) => {
      hash.update(chunk);
      return writer.write(chunk);
    },
    signal,
  );
  await writer.finish();
  return hash.digest('hex');
}

async function upload(session: RemoteSession, path: string, remote: string): Promise<string> {
  const hash = createHash('sha256');
  const writer = await session.openWrite(remote, signal);
  const source = await local(path);
  await source.read(
    `/${basename(path)}`,
    (chunk) => {
      hash.update(chunk);
      return writer.write(chunk);
    },
    signal,
  );
  await writer.finish();
  return hash.digest('hex');
}

/** A folder of small files: listed once, then taken by all sessions; flushed by whoever runs us, for every side alike. */
async function mirror(folder: string, target: string, sessions: number): Promise<void> {
  const opening = Array.from({ length: sessions }, connect);
  const { entries } = await (await opening[0]!).list(folder, signal);
  const lanes = await Promise.all(opening);
  const listed = performance.now();
  await inLanes(lanes, entries, async (session, { path, name, sizeBytes }) => {
    const hash = createHash('sha256');
    const file = openSync(join(target, name), 'w');
    await session.read(
      path,
      (chunk) => {
        hash.update(chunk);
        writeSync(file, chunk);
      },
      signal,
      { statedSizeBytes: sizeBytes ?? undefined },
    );
    closeSync(file);
    hash.digest('hex');
  });
  say({
    files: entries.length,
    millisecondsPerFile: ((performance.now() - listed) * sessions) / entries.length,
  });
  await Promise.all(lanes.map((lane) => lane.close()));
}

/** Several large files at once, their bytes hashed and thrown away. */
async function memory(folder: string, sessions: number): Promise<void> {
  const lanes = await Promise.all(Array.from({ length: sessions }, connect));
  await Promise.all(
    lanes.map(async (session) => {
      const hash = createHash('sha256');
      await session.read(`${folder}/big`, (chunk) => void hash.update(chunk), signal);
      hash.digest('hex');
      await session.close();
    }),
  );
}

if (work === 'mirror') await mirror(rest[0]!, rest[1]!, Number(rest[2]));
else if (work === 'memory') await memory(rest[0]!, Number(rest[1]));
else {
  const session = await connect();
  const [from, to] = rest as [string, string];
  const sha256 = work === 'download' ? await download(session, from, to) : await upload(session, from, to);
  console.log(sha256);
  await session.close();
}
say({ seconds: (performance.now() - started) / 1000, rssMebibytes: process.resourceUsage().maxRSS / 1024 });
