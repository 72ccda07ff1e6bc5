import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Client } from 'basic-ftp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PartnerSim, type PartnerSimOptions, startPartnerSim } from './partner-sim.ts';

/** basic-ftp is the independent witness: what it can do, a partner's client can do. */
const password = randomBytes(12).toString('base64url');
let root: string;
let sim: PartnerSim;
let client: Client;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-sim-'));
  await mkdir(join(root, 'out'));
  client = new Client(5_000);
});

afterEach(async () => {
  client.close();
  await sim.close();
  await rm(root, { recursive: true, force: true });
});

async function start(options: Partial<PartnerSimOptions> = {}): Promise<void> {
  sim = await startPartnerSim({ root, username: 'acme', password, ...options });
}

async function logIn(mode: 'explicit' | 'implicit' = 'explicit'): Promise<void> {
  await client.access({
    host: 'localhost',
    port: mode === 'explicit' ? sim.explicitPort : sim.implicitPort,
    user: 'acme',
    password,
    secure: mode === 'explicit' ? true : 'implicit',
    secureOptions: { ca: sim.caPem, servername: 'localhost', host: 'localhost' },
  });
}

async function download(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  await client.downloadTo(sink, path);
  return Buffer.concat(chunks);
}

describe.each(['explicit', 'implicit'] as const)('%s', (mode) => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    '%s: uploads, renames, lists, downloads, and every data connection resumes',
    async (version) => {
      await start({ tls: { minVersion: version, maxVersion: version } });
      await logIn(mode);
      const bytes = randomBytes(1_000_000);
      await client.uploadFrom(Readable.from([bytes]), '/out/a.part');
      await client.rename('/out/a.part', '/out/größe.csv');
      expect((await client.list('/out')).map((entry) => [entry.name, entry.size])).toEqual([
        ['größe.csv', bytes.length],
      ]);
      expect((await download('/out/größe.csv')).equals(bytes)).toBe(true);
      expect((await readFile(join(root, 'out/größe.csv'))).equals(bytes)).toBe(true);
      expect(sim.handshakes.map((seen) => [seen.channel, seen.command, seen.protocol, seen.resumed])).toEqual(
        [
          ['control', mode === 'explicit' ? 'AUTH' : null, version, false],
          ['data', 'STOR', version, true],
          ['data', 'MLSD', version, true],
          ['data', 'RETR', version, true],
        ],
      );
    },
  );
});

it('keeps clients inside its root', async () => {
  await start();
  await logIn();
  await expect(client.size('/../../etc/passwd')).rejects.toMatchObject({ code: 550 });
});

it('refuses a wrong password, a taken name, and a login without TLS', async () => {
  await start();
  await expect(
    client.access({ host: '127.0.0.1', port: sim.explicitPort, user: 'acme', password }),
  ).rejects.toMatchObject({ code: 530 });
  expect(sim.clearBytes().toString()).not.toContain(password);
  await logIn();
  for (const name of ['a', 'b']) await writeFile(join(root, name), name);
  await expect(client.rename('/a', '/b')).rejects.toMatchObject({ code: 553 });
  client.close();
  sim.password = randomBytes(8).toString('hex');
  await expect(logIn()).rejects.toMatchObject({ code: 530 });
});
