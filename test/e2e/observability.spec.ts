import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import { Metrics, openTracer, type Tracer } from '#telemetry';
import { aLocalEndpoint, anFtpsEndpoint, aRoute } from '../support/builders.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let sim: PartnerSim;
let collector: Server;
let tracer: Tracer;
let metrics: Metrics;
let password: string;
let lines: string[];
const bodies: string[] = [];

beforeEach(async () => {
  [password, metrics, lines] = [randomBytes(12).toString('hex'), new Metrics(), []];
  bodies.length = 0;
  collector = createServer(async (request, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part as string;
    bodies.push(body);
    response.end('{}');
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  tracer = await openTracer({ url, service: 'waybill-worker', instance: 'w1' });
  const onLogLine = (line: string) => void lines.push(line);
  product = await startProduct({ metrics, tracer, onLogLine, secrets: { PARTNER_PASSWORD: password } });
  for (const folder of ['partner/out', 'local/inbox'])
    await mkdir(join(product.home, folder), { recursive: true });
  sim = await startPartnerSim({ root: join(product.home, 'partner'), username: 'waybill', password });
  await product.apply(
    [
      anFtpsEndpoint({
        name: 'partner',
        host: 'localhost',
        port: sim.explicitPort,
        mode: 'explicit',
        username: 'waybill',
        tls: { ca: [sim.caPem] },
      }),
      aLocalEndpoint('local', join(product.home, 'local')),
    ],
    [aRoute('pull', { endpoint: 'partner', path: '/out' }, { endpoint: 'local', path: '/inbox' })],
  );
});

afterEach(async () => {
  await product.close();
  await sim.close();
  await tracer.close();
  collector.closeAllConnections();
  await new Promise((resolve) => collector.close(resolve));
});

it('a delivery is counted by its worker, phase by phase, with its handshakes', async () => {
  for (const name of ['a.csv', 'b.csv'])
    await writeFile(join(product.home, 'partner/out', name), 'x'.repeat(1_000));
  expect((await product.run('pull')).state).toBe('delivered');
  const text = await metrics.render();
  expect(text).toContain('waybill_attempts_total{outcome="delivered"} 2');
  expect(text).toContain('waybill_moved_bytes_total 2000');
  for (const phase of ['list', 'open', 'stream', 'verify', 'publish', 'dispose'])
    expect(text, phase).toMatch(new RegExp(`waybill_phase_seconds_count\\{phase="${phase}"\\} [12]\\n`));
  expect(text).toMatch(
    /tls_handshakes_total\{channel="control",protocol="TLSv1.3",verdict="accepted",resumed="false"\} \d/,
  );
  const samples = text.split('\n').filter((line) => !line.startsWith('#'));
  expect(samples.join('\n')).not.toMatch(/partner|local|pull|\.csv/);
  await expect.poll(() => metrics.render()).toContain('waybill_lanes 0');
});

it('each line of a worker about a run or a file says which, and none says the password', async () => {
  await writeFile(join(product.home, 'partner/out', 'a.csv'), 'x');
  await rm(join(product.home, 'local/inbox'), { recursive: true });
  await writeFile(join(product.home, 'local/inbox'), 'in the way');
  const run = await product.run('pull');
  const about = lines.filter((line) => line.includes('part=worker'));
  expect(about.length).toBeGreaterThan(1);
  for (const line of about) expect(line).toContain(`runId=${run.id}`);
  const [failed] = about.filter((line) => line.includes('attempt failed'));
  expect(failed).toContain(`transferId=${run.transfers[0]!.id}`);
  expect(lines.join('')).not.toContain(password);
});

it('a run is one trace: its lane, its files and their phases, without a name that a partner chose', async () => {
  await writeFile(join(product.home, 'partner/out', 'named-by-partner.csv'), 'x');
  const run = await product.run('pull');
  // The run is over before its lane is.
  await expect.poll(() => metrics.render()).toContain('waybill_lanes 0');
  await tracer.close();
  const sent = bodies.join('');
  const ids = new Set([...sent.matchAll(/"traceId":"([0-9a-f]+)"/g)].map(([, id]) => id));
  expect(ids).toContain(run.id.replaceAll('-', ''));
  for (const name of ['lane', 'transfer', 'stream', 'publish']) expect(sent).toContain(`"name":"${name}"`);
  expect(sent).toContain(run.transfers[0]!.id);
  for (const secret of [password, 'named-by-partner', product.home]) expect(sent).not.toContain(secret);
});
