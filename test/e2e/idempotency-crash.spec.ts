import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Run } from '#contract';
import { makeReady, WaybillProcess } from '../support/waybill-process.ts';

/** P10 with a crash in the middle: everything is killed while repeats of one key are under way. */

const CONFIGURATION = `
apiVersion: waybill/v1
endpoints:
  - {name: here, protocol: local, root: "HOME/here"}
  - {name: there, protocol: local, root: "HOME/there"}
routes:
  - name: plain
    source: {endpoint: here, path: /out, settleMs: 0}
    destination: {endpoint: there, path: /in}
`;

const started: WaybillProcess[] = [];
let home: string;
afterEach(async () => {
  for (const one of started.splice(0)) one.kill();
  await rm(home, { recursive: true, force: true });
});

async function start(): Promise<{ waybill: WaybillProcess; url: string }> {
  const waybill = new WaybillProcess(['start', '--home', join(home, 'data'), '--port', '0']);
  started.push(waybill);
  const line = await waybill.line(/http:/, 60_000);
  return { waybill, url: /http:\/\/[\d.]+:\d+/.exec(line)![0] };
}

async function command(...args: string[]): Promise<string> {
  const one = new WaybillProcess(args, { WAYBILL_HOME: join(home, 'data') });
  if ((await one.exit()) !== 0) throw new Error(one.complaints.join('\n'));
  return one.output.join('\n');
}

test('100 repeats of one key and a kill -9 make one run and one answer', async () => {
  makeReady();
  home = await mkdtemp(join(tmpdir(), 'waybill-repeats-'));
  await chmod(home, 0o755);
  for (const folder of ['here/out', 'there']) await mkdir(join(home, folder), { recursive: true });
  const file = join(home, 'exchange.yaml');
  await writeFile(file, CONFIGURATION.replaceAll('HOME', home));
  const first = await start();
  await command('apply', '-f', file);
  const { key } = JSON.parse(await command('key', 'create', 'shop', '--role', 'operator', '--json')) as {
    key: string;
  };
  const ask = async (url: string): Promise<string> => {
    const response = await fetch(`${url}/api/v1/routes/plain/runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'idempotency-key': 'order-1' },
    });
    if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
    return response.text();
  };
  const asked = Array.from({ length: 100 }, () => ask(first.url));
  // As soon as one caller has his answer: the others are somewhere between their first byte and theirs.
  await Promise.any(asked);
  first.waybill.kill();
  await first.waybill.exit();
  const before = (await Promise.allSettled(asked)).flatMap((one) =>
    one.status === 'fulfilled' ? [one.value] : [],
  );

  const { waybill, url } = await start();
  const after = await Promise.all(Array.from({ length: 100 }, () => ask(url)));
  expect(before.length).toBeGreaterThan(0);
  expect(new Set([...before, ...after]).size).toBe(1);
  const listed = await fetch(`${url}/api/v1/runs?limit=200`, { headers: { authorization: `Bearer ${key}` } });
  const { items } = (await listed.json()) as { items: Run[] };
  expect(items.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['order-1']);
  // Its PostgreSQL goes with it; a killed one's stays on for a while, in a folder that is to be removed.
  expect(await waybill.interrupt()).toBe(0);
});
