import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Of } from '../support/file-set.ts';
import { isAlive, makeReady, processTree, WaybillProcess } from '../support/waybill-process.ts';

/** contract.md: the first delivery within 20 s of the install being done. */
const FIRST_DELIVERY_MS = 20_000;

interface Transfer {
  id: string;
  route: string;
  state: string;
  sourcePath: string;
  destinationPath: string;
  sha256: string;
  sizeBytes: number;
}

let home: string;
let started: WaybillProcess[] = [];

beforeAll(async () => {
  makeReady();
  home = await mkdtemp(join(tmpdir(), 'waybill-start-'));
  // As root the database runs as another user, who has to walk in.
  await chmod(home, 0o755);
});

afterAll(async () => {
  for (const one of started) one.kill();
  await rm(home, { recursive: true, force: true });
});

function startWaybill(): WaybillProcess {
  const one = new WaybillProcess(['start', '--demo', '--home', home, '--port', '0']);
  started.push(one);
  return one;
}

/** With the key that the home keeps for commands. */
async function deliveredTransfers(): Promise<Transfer[]> {
  const [url, key] = await Promise.all(
    ['api.url', 'cli.key'].map((name) => readFile(join(home, name), 'utf8')),
  );
  const response = await fetch(`${url!.trim()}/api/v1/transfers?state=delivered&limit=200`, {
    headers: { authorization: `Bearer ${key!.trim()}` },
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { items: Transfer[] }).items;
}

/** Where the partner has the file, seen without the product. */
function partnerFile(transfer: Transfer): string {
  const name = transfer.sourcePath.split('/').at(-1)!;
  const folder = transfer.route === 'demo-pull' ? 'out/done' : 'in';
  return join(home, 'demo/partner', folder, name);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

describe('waybill start --demo', () => {
  let first: Transfer[];

  test('prints the first pull and the first push of a fresh home in time, with the TLS that carried them', async () => {
    const waybill = startWaybill();
    const startedAt = performance.now();
    const lines = await Promise.all([
      waybill.line(/delivered +pull +demo-pull/, FIRST_DELIVERY_MS),
      waybill.line(/delivered +push +demo-push/, FIRST_DELIVERY_MS),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(FIRST_DELIVERY_MS);
    for (const line of lines)
      expect(line).toMatch(/sha256 [0-9a-f]{12}….*TLSv1\.[23] TLS_\w+ \(data resumed\)/);
  });

  test('shows both through the API with the SHA-256 of the file at the partner', async () => {
    first = await deliveredTransfers();
    expect(first.map(({ route }) => route).sort()).toEqual(
      expect.arrayContaining(['demo-pull', 'demo-push']),
    );
    for (const transfer of first) expect(transfer.sha256).toBe(await sha256Of(partnerFile(transfer)));
  });

  test('refuses a second start on the same home with one line and exit code 2', async () => {
    const second = startWaybill();
    expect(await second.exit()).toBe(2);
    expect(second.complaints).toHaveLength(1);
    expect(second.complaints[0]).toContain(`in use by process ${started[0]!.pid}`);
    expect(second.output).toEqual([]);
  });

  test('an interrupted one ends with 0 and leaves no process and no partial file', async () => {
    const [waybill] = started;
    const tree = processTree(waybill!.pid);
    expect(tree.length).toBeGreaterThan(2);
    expect(await waybill!.interrupt()).toBe(0);
    expect(tree.filter(isAlive)).toEqual([]);
    const demo = filesBelow(join(home, 'demo')).filter((name) => name !== 'partner-identity.json');
    expect(demo.filter((name) => !name.endsWith('.csv'))).toEqual([]);
    expect(waybill!.complaints.filter((line) => !/draining|stopped/.test(line))).toEqual([]);
  });

  test('a later start on the same home goes on: what was delivered is known, and nothing is delivered twice', async () => {
    started = [];
    const waybill = startWaybill();
    await waybill.line(/delivered +pull +demo-pull/, FIRST_DELIVERY_MS);
    await waybill.line(/delivered +push +demo-push/, FIRST_DELIVERY_MS);
    const now = await deliveredTransfers();
    expect(now.length).toBeGreaterThan(first.length);
    expect(now.map(({ id }) => id)).toEqual(expect.arrayContaining(first.map(({ id }) => id)));
    const files = now.map(({ route, sourcePath }) => `${route} ${sourcePath}`);
    expect(new Set(files).size).toBe(files.length);
    expect(await waybill.interrupt()).toBe(0);
  });

  test('without its database it says so and ends with 1, and the next start goes on', async () => {
    const lonely = startWaybill();
    await lonely.line(/delivered +push +demo-push/, FIRST_DELIVERY_MS);
    const server = Number(
      execFileSync('pgrep', ['-P', String(lonely.pid), '-f', '/bin/postgres '])
        .toString()
        .split('\n')[0],
    );
    process.kill(server, 'SIGKILL');
    expect(await lonely.exit()).toBe(1);
    expect(lonely.complaints.at(-1)).toContain('PostgreSQL ended unexpectedly');
    const again = startWaybill();
    await again.line(/delivered +push +demo-push/, FIRST_DELIVERY_MS);
    expect(await again.interrupt()).toBe(0);
  });
});
