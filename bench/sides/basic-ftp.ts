import { createHash } from 'node:crypto';
import { closeSync, createReadStream, createWriteStream, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'basic-ftp';
import { inLanes, place, say } from './place.ts';

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

/** Everything that passes, hashed. */
function hashing(): { stream: Transform; digest(): string } {
  const hash = createHash('sha256');
  const stream = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, digest: () => hash.digest('hex') };
}

if (work === 'mirror') {
  const [folder, target, sessions] = rest as [string, string, string];
  const clients = await Promise.all(Array.from({ length: Number(sessions) }, connect));
  const entries = await clients[0]!.list(folder);
  await inLanes(clients, entries, async (client, { name }) => {
    const hash = createHash('sha256');
    const file = openSync(join(target, name), 'w');
    const sink = new Writable({
      write(chunk, _encoding, done) {
        hash.update(chunk);
        writeSync(file, chunk);
        done();
      },
    });
    await client.downloadTo(sink, `${folder}/${name}`);
    closeSync(file);
    hash.digest('hex');
  });
  for (const client of clients) client.close();
} else {
  const client = await connect();
  const { stream, digest } = hashing();
  const [from, to] = rest as [string, string];
  if (work === 'download') {
    const written = pipeline(stream, createWriteStream(to));
    await client.downloadTo(stream, from);
    await written;
  } else await client.uploadFrom(createReadStream(from).pipe(stream), to);
  console.log(digest());
  client.close();
}
say({ rssMebibytes: process.resourceUsage().maxRSS / 1024 });
