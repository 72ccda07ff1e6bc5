import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Client } from 'basic-ftp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DemoPartner, startDemoPartner } from './demo-partner.ts';

let home: string;
let partner: DemoPartner;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'waybill-demo-'));
  partner = await startDemoPartner({ home });
});

afterEach(async () => {
  await partner.close();
  await rm(home, { recursive: true });
});

it('puts a statement into /out as a whole, and a client that trusts the authority fetches it', async () => {
  const name = await partner.produceStatement(new Date('2026-11-21T06:30:00Z'));
  expect(name).toMatch(/^statement-20261121T063000-[0-9a-f]{4}\.csv$/);
  expect(await readdir(join(partner.sim.root, 'out'))).toEqual([name]);
  using client = closing(new Client(5_000));
  await client.access({
    host: 'localhost',
    port: partner.sim.explicitPort,
    user: partner.sim.username,
    password: partner.sim.password,
    secure: true,
    secureOptions: { ca: partner.sim.caPem, servername: 'localhost' },
  });
  const sink = new PassThrough();
  const [content] = await Promise.all([text(sink), client.downloadTo(sink, `/out/${name}`)]);
  const lines = content.split('\n');
  expect(lines[0]).toBe('date;account;amount;currency');
  expect(lines[1]).toMatch(/^2026-11-21;GB\d\dDEMO\d{8};-?\d+\.\d\d;EUR$/);
  expect(await readdir(join(partner.sim.root, 'in'))).toEqual([]);
});

it('is the same partner after a restart: authority, password and ports', async () => {
  const before = { ...partner.sim };
  await partner.close();
  partner = await startDemoPartner({ home });
  const { caPem, password, explicitPort, implicitPort } = partner.sim;
  expect({ caPem, password, explicitPort, implicitPort }).toEqual({
    caPem: before.caPem,
    password: before.password,
    explicitPort: before.explicitPort,
    implicitPort: before.implicitPort,
  });
});

it('takes another port when its own was taken meanwhile', async () => {
  const { implicitPort } = partner.sim;
  await partner.close();
  const other = createServer().listen(implicitPort, '127.0.0.1');
  await once(other, 'listening');
  partner = await startDemoPartner({ home });
  expect(partner.sim.implicitPort).not.toBe(implicitPort);
  other.close();
});

it('keeps its password and its key where only their owner reads', async () => {
  const path = join(home, 'demo/partner-identity.json');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, 'utf8')).toContain(partner.sim.password);
});

function closing(client: Client): Client & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}
