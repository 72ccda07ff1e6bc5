import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Run, Transfer } from '#contract';
import { makeReady, WaybillProcess } from '../support/waybill-process.ts';

/** `waybill run` with parameters, named files and a key, against the built product. */

let home: string;
let waybill: WaybillProcess;

const CONFIGURATION = String.raw`
apiVersion: waybill/v1
endpoints:
  - {name: here, protocol: local, root: "HOME/here"}
  - {name: there, protocol: local, root: "HOME/there"}
routes:
  - name: daily
    parameters:
      day: {pattern: '\d{8}'}
      kind: {pattern: '[a-z]+', default: orders}
    source: {endpoint: here, path: "/out/{param.day}", select: ["{param.kind}-*"], settleMs: 0}
    destination: {endpoint: there, path: "/in/{param.kind}", name: "{param.day}-{name}"}
`;

beforeAll(async () => {
  makeReady();
  home = await mkdtemp(join(tmpdir(), 'waybill-run-'));
  await chmod(home, 0o755);
  for (const folder of ['here/out/20261121', 'there']) await mkdir(join(home, folder), { recursive: true });
  for (const name of ['orders-1', 'orders-2', 'prices-1'])
    await writeFile(join(home, 'here/out/20261121', name), name);
  const file = join(home, 'exchange.yaml');
  await writeFile(file, CONFIGURATION.replaceAll('HOME', home));
  waybill = new WaybillProcess(['start', '--home', join(home, 'data'), '--port', '0']);
  await waybill.line(/http:/, 30_000);
  expect((await command(['apply', '-f', file])).complaints).toBe('');
});

afterAll(async () => {
  expect(await waybill.interrupt()).toBe(0);
  await rm(home, { recursive: true, force: true });
});

async function command(args: string[]) {
  const one = new WaybillProcess(args, { WAYBILL_HOME: join(home, 'data') });
  const code = await one.exit();
  return { code, output: one.output.join('\n'), complaints: one.complaints.join('\n') };
}

const day = ['--param', 'day=20261121'];

test('moves what it is asked for, waits for the end, and says what was not there', async () => {
  const { code, output } = await command([
    ...['run', 'daily', ...day, '--file', 'orders-2', '--file', 'orders-3', '--wait', '--json'],
  ]);
  expect(code).toBe(1);
  const run = JSON.parse(output) as Run & { transfers: Transfer[] };
  expect(run).toMatchObject({ state: 'partly_delivered', parameters: { day: '20261121', kind: 'orders' } });
  expect(run.transfers.map(({ sourcePath, state }) => `${sourcePath} ${state}`).sort()).toEqual([
    '/out/20261121/orders-2 delivered',
    '/out/20261121/orders-3 failed',
  ]);
  expect(await readdir(join(home, 'there/in/orders'))).toEqual(['20261121-orders-2']);
  expect(await command(['run', 'daily', ...day, '--param', 'kind=prices', '--wait'])).toMatchObject({
    code: 0,
  });
  expect(await readdir(join(home, 'there/in/prices'))).toEqual(['20261121-prices-1']);
});

test('a wrong parameter is a usage error that names it', async () => {
  expect(await command(['run', 'daily', '--param', 'day=today'])).toMatchObject({
    code: 2,
    complaints: expect.stringContaining('body.parameters.day'),
  });
  expect(await command(['run', 'daily'])).toMatchObject({
    code: 2,
    complaints: expect.stringContaining('is missing'),
  });
});

test('the same key gives the same run, and another request with it is refused', async () => {
  const keyed = ['run', 'daily', ...day, '--idempotency-key', 'k-1', '--json'];
  const [first, second] = [await command(keyed), await command(keyed)];
  expect(second.output).toBe(first.output);
  const other = ['run', 'daily', '--param', 'day=20261122', '--idempotency-key', 'k-1'];
  expect(await command(other)).toMatchObject({
    code: 2,
    complaints: expect.stringContaining('Take a new key'),
  });
});
