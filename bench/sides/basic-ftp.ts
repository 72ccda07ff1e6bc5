import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Client } from 'basic-ftp';
import { inLanes, place, SmallFile, sayHash, sayReport } from './place.ts';

const MEBIBYTE = 1024 * 1024;
const [work, ...rest] = process.argv.slice(2);

async function connect(): Promise<Client> {
  const client = new Client();
  await client.access({
    host: place.host,
    port: place.port,
    user: place.username,
    password: place.password,
    secure: true,
    secureOptions: { ca: place.ca, minVersion: 'TLSv1.3', host: place.host },
  });
  return client;
}

/** Hashes and gathers what comes: pieces of 16 KiB written one by one would be basic-ftp's user's fault, not its own. */
class HashingFile extends Writable {
  readonly hash = createHash('sha256');
  readonly #file: FileHandle;
  #filling = Buffer.allocUnsafe(MEBIBYTE);
  #filled = 0;

  constructor(file: FileHandle) {
    super({ highWaterMark: MEBIBYTE });
    this.#file = file;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.hash.update(chunk);
    if (this.#filled + chunk.length <= MEBIBYTE) {
      this.#gather(chunk);
      done();
      return;
    }
    this.#flush().then(() => {
      this.#gather(chunk);
      done();
    }, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#flush()
      .then(() => this.#file.sync())
      .then(() => this.#file.close())
      .then(() => done(), done);
  }

  /** No chunk of basic-ftp is longer than the buffer: a socket reads 64 KiB at once. */
  #gather(chunk: Buffer): void {
    this.#filled += chunk.copy(this.#filling, this.#filled);
  }

  async #flush(): Promise<void> {
    let from = 0;
    while (from < this.#filled)
      from += (await this.#file.write(this.#filling, from, this.#filled - from)).bytesWritten;
    this.#filled = 0;
  }
}

async function download(folder: string, name: string, target: string): Promise<void> {
  const client = await connect();
  const file = new HashingFile(await open(join(target, name), 'w'));
  // As ours: the folder is listed once.
  await client.list(folder);
  await client.downloadTo(file, `${folder}/${name}`);
  sayHash(name, file.hash.digest('hex'));
  client.close();
}

async function upload(from: string, folder: string): Promise<void> {
  const client = await connect();
  const hash = createHash('sha256');
  const file = await open(from);
  const hashed = async function* () {
    for await (const chunk of file.createReadStream({ highWaterMark: MEBIBYTE })) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await client.uploadFrom(Readable.from(hashed(), { objectMode: false }), `${folder}/${basename(from)}`);
  sayHash(basename(from), hash.digest('hex'));
  client.close();
}

async function mirror(folder: string, target: string, sessions: number): Promise<void> {
  const clients = Array.from({ length: sessions }, connect);
  const entries = await (await clients[0]!).list(folder);
  const finishing: Promise<void>[] = [];
  await inLanes(clients, entries, async (client, { name }) => {
    const file = new SmallFile(join(target, name));
    const sink = new Writable({
      write(chunk, _encoding, done) {
        file.add(chunk);
        done();
      },
    });
    await client.downloadTo(sink, `${folder}/${name}`);
    finishing.push(file.finish().then((hash) => sayHash(name, hash)));
  });
  await Promise.all(finishing);
  for (const client of clients) (await client).close();
}

if (work === 'mirror') await mirror(rest[0]!, rest[1]!, Number(rest[2]));
else if (work === 'upload') await upload(rest[0]!, rest[1]!);
else await download(rest[0]!, rest[1]!, rest[2]!);
sayReport({});
