import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { openFtpsSession } from '#ftps';
import { openLocalSession } from '#localfs';
import type { DirectoryEntry, RemoteSession } from '#protocol';
import { inLanes, place, SmallFile, sayHash, sayReport } from './place.ts';

const [work, ...rest] = process.argv.slice(2);
const signal = new AbortController().signal;
/** Pure-FTPd takes a command sent ahead for an ABOR; as an endpoint it has `pipelining` off, and resumes no session. */
const demanding = process.env['BENCH_SERVER'] !== 'no_reuse';
const silent = { negotiated() {}, negotiationClosed() {}, transcript() {} };

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
        password: { env: 'BENCH_PASSWORD' },
        tls: {
          minVersion: 'TLSv1.3',
          ca: [place.ca],
          pins: [],
          sessionReuse: demanding ? 'required' : 'preferred',
          dataProtection: 'private',
        },
        passive: { addressPolicy: 'control_host' },
        encoding: 'utf8',
        pipelining: demanding,
      },
    },
    silent,
    signal,
  );
}

function openLocal(root: string): Promise<RemoteSession> {
  const endpoint = { name: 'disk', protocol: 'local' as const, root, maxSessions: 16 };
  return openLocalSession({ endpoint }, silent, signal);
}

async function listFiles(session: RemoteSession, folder: string): Promise<DirectoryEntry[]> {
  const { entries } = await session.list(folder, signal);
  return entries.filter(({ kind }) => kind === 'file');
}

/** With our writer, which flushes the file to disk. */
async function take(
  session: RemoteSession,
  { path, sizeBytes }: DirectoryEntry,
  local: RemoteSession,
  name: string,
): Promise<string> {
  const hash = createHash('sha256');
  const writer = await local.openWrite(`/${name}`, signal);
  await session.read(
    path,
    (chunk) => {
      hash.update(chunk);
      return writer.write(chunk);
    },
    signal,
    { statedSizeBytes: sizeBytes ?? undefined },
  );
  await writer.finish();
  return hash.digest('hex');
}

async function download(folder: string, name: string, target: string): Promise<void> {
  const session = await connect();
  const entry = (await listFiles(session, folder)).find((listed) => listed.name === name)!;
  sayHash(name, await take(session, entry, await openLocal(target), name));
  await session.close();
}

async function upload(from: string, folder: string): Promise<void> {
  const hash = createHash('sha256');
  const session = await connect();
  const writer = await session.openWrite(`${folder}/${basename(from)}`, signal);
  const source = await openLocal(dirname(from));
  await source.read(
    `/${basename(from)}`,
    (chunk) => {
      const sent = writer.write(chunk);
      // While it is on its way: the server is the slower one.
      hash.update(chunk);
      return sent;
    },
    signal,
  );
  await writer.finish();
  sayHash(basename(from), hash.digest('hex'));
  await session.close();
}

/** A folder of small files: listed once, then taken by all sessions. */
async function mirror(folder: string, target: string, sessions: number): Promise<void> {
  const lanes = Array.from({ length: sessions }, connect);
  const entries = await listFiles(await lanes[0]!, folder);
  const listed = performance.now();
  const finishing: Promise<void>[] = [];
  await inLanes(lanes, entries, async (session, { path, name, sizeBytes }) => {
    const file = new SmallFile(join(target, name));
    const take = (chunk: Buffer) => file.add(chunk);
    await session.read(path, take, signal, { statedSizeBytes: sizeBytes ?? undefined });
    finishing.push(file.finish().then((hash) => sayHash(name, hash)));
  });
  sayReport({ millisecondsPerFile: ((performance.now() - listed) * sessions) / entries.length });
  await Promise.all([...finishing, ...lanes.map(async (lane) => (await lane).close())]);
}

const SEGMENT_BYTES = 1024n * 1024n * 1024n;

/**
 * The one file of `folder`, by several sessions at once, each with our writer and a hash. A file longer than 1 GiB is
 * written over its first GiB again and again: ten times eight would not fit on every disk.
 */
async function memory(folder: string, target: string, sessions: number): Promise<void> {
  const local = await openLocal(target);
  await Promise.all(
    Array.from({ length: sessions }, async (_, index) => {
      const session = await connect();
      const [entry] = await listFiles(session, folder);
      const hash = createHash('sha256');
      const open = () => local.openWrite(`/${index}`, signal);
      let writer = await open();
      let written = 0n;
      const startOver = async (chunk: Buffer): Promise<void> => {
        await writer.finish();
        writer = await open();
        written = BigInt(chunk.length);
        await writer.write(chunk);
      };
      await session.read(
        entry!.path,
        (chunk) => {
          hash.update(chunk);
          written += BigInt(chunk.length);
          return written > SEGMENT_BYTES ? startOver(chunk) : writer.write(chunk);
        },
        signal,
        { statedSizeBytes: entry!.sizeBytes ?? undefined },
      );
      await writer.finish();
      sayHash(String(index), hash.digest('hex'));
      await session.close();
    }),
  );
}

if (work === 'mirror') await mirror(rest[0]!, rest[1]!, Number(rest[2]));
else if (work === 'memory') await memory(rest[0]!, rest[1]!, Number(rest[2]));
else if (work === 'upload') await upload(rest[0]!, rest[1]!);
else await download(rest[0]!, rest[1]!, rest[2]!);
sayReport({});
