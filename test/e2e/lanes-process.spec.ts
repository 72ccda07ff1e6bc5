import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isAlive, makeReady, processTree, WaybillProcess } from '../support/waybill-process.ts';

const START_MS = 30_000;
const GONE_MS = 10_000;
const LARGE_BYTES = 150_000_000;

let home: string;
let waybill: WaybillProcess;
const started: WaybillProcess[] = [];

beforeAll(async () => {
  makeReady();
  home = await mkdtemp(join(tmpdir(), 'waybill-lanes-'));
  // As root the database runs as another user, who has to walk in.
  await chmod(home, 0o755);
});

afterAll(async () => {
  for (const one of started) one.kill();
  await rm(home, { recursive: true, force: true });
});

async function start(): Promise<void> {
  waybill = new WaybillProcess(['start', '--demo', '--home', home, '--port', '0']);
  started.push(waybill);
  await waybill.line(/delivered +pull +demo-pull/, START_MS);
  await waybill.line(/delivered +push +demo-push/, START_MS);
}

function lanesPids(): number[] {
  return processTree(waybill.pid).filter((pid) => commandLine(pid).endsWith('\0lanes\0'));
}

/** Empty when the process has ended meanwhile. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const [url, key] = await Promise.all(
    ['api.url', 'cli.key'].map(async (name) => (await readFile(join(home, name), 'utf8')).trim()),
  );
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return fetch(`${url}/api/v1${path}`, { ...init, headers });
}

/** A file for the demo partner, in one piece. */
async function put(name: string, sizeBytes: number): Promise<void> {
  const outbox = join(home, 'demo/outbox');
  await writeFile(join(outbox, `.${name}`), '');
  await truncate(join(outbox, `.${name}`), sizeBytes);
  await rename(join(outbox, `.${name}`), join(outbox, name));
}

const atPartner = () => readdirSync(join(home, 'demo/partner/in'));

async function push(): Promise<void> {
  const answer = await ask('/routes/demo-push/runs', { method: 'POST', body: '{}' });
  expect(answer.status).toBe(202);
}

const allGone = (pids: readonly number[]) =>
  vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: GONE_MS, interval: 100 });

/** Whether the process has this in its memory. */
function remembers(pid: number, what: readonly Buffer[]): boolean {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (from === undefined || to === undefined) continue;
      const [begin, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
      const piece = Buffer.alloc(end - begin);
      try {
        readSync(memory, piece, 0, piece.length, begin);
      } catch {
        continue;
      }
      if (what.some((bytes) => piece.includes(bytes))) return true;
    }
    return false;
  } finally {
    closeSync(memory);
  }
}

describe('the lanes of waybill start', () => {
  it('are one process of lower priority, whose metrics and health are those of start', async () => {
    await start();
    const [lanes, ...others] = lanesPids();
    expect(others).toEqual([]);
    expect(getPriority(lanes)).toBeGreaterThan(getPriority(waybill.pid));
    const metrics = await (await ask('/metrics')).text();
    expect(
      Number(/^waybill_attempts_total\{outcome="delivered"\} (\d+)$/m.exec(metrics)?.[1]),
    ).toBeGreaterThan(1);
    expect(metrics.match(/^waybill_lanes \d+$/gm)).toHaveLength(1);
    expect(await (await ask('/health/ready')).json()).toMatchObject({
      status: 'ready',
      checks: { lanes: { ok: true } },
    });
    expect(await readFile(join(home, 'waybill.log'), 'utf8')).toMatch(/"part":"worker".*"route":"demo-pull"/);
  });

  it('alone have the key that opens secrets', async () => {
    const text = (await readFile(join(home, 'secrets.key'), 'utf8')).trim().split('\n').at(-1)!;
    const key = [Buffer.from(text), Buffer.from(text, 'base64')];
    expect(remembers(lanesPids()[0]!, key)).toBe(true);
    expect(remembers(waybill.pid, key)).toBe(false);
  });

  it('are started again when they are killed; the api answers meanwhile and says so, and work goes on', async () => {
    const [before] = lanesPids();
    process.kill(before!, 'SIGKILL');
    await vi.waitFor(
      async () =>
        expect(await (await ask('/health/ready')).json()).toMatchObject({
          status: 'degraded',
          checks: { lanes: { ok: false, reason: expect.stringContaining('SIGKILL') } },
        }),
      { timeout: 1_000, interval: 20 },
    );
    await put('after-the-kill.csv', 1_000);
    await push();
    await vi.waitFor(() => expect(atPartner()).toContain('after-the-kill.csv'), { timeout: 20_000 });
    expect(lanesPids()).not.toContain(before);
    expect(await (await ask('/health/ready')).json()).toMatchObject({ checks: { lanes: { ok: true } } });
    expect(waybill.complaints.join()).toContain('lanes: they have ended (SIGKILL)');
  });

  it('bring what is under way to its end when start alone is told to stop, and leave nothing behind', async () => {
    await put('large.csv', LARGE_BYTES);
    await push();
    await vi.waitFor(() => expect(atPartner().join()).toContain('.part'), { timeout: 20_000, interval: 10 });
    const tree = processTree(waybill.pid);
    process.kill(waybill.pid, 'SIGTERM');
    expect(await waybill.exit()).toBe(0);
    expect(tree.filter(isAlive)).toEqual([]);
    expect(atPartner().filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(statSync(join(home, 'demo/partner/in/large.csv')).size).toBe(LARGE_BYTES);
    expect(readdirSync(join(home, 'demo/outbox/sent'))).toContain('large.csv');
  });

  it('end with their start when that is killed', async () => {
    await start();
    const tree = processTree(waybill.pid);
    expect(lanesPids()).toHaveLength(1);
    process.kill(waybill.pid, 'SIGKILL');
    await allGone(tree);
  });

  it('that are just starting end with their start when it is interrupted, and that is no failure', async () => {
    waybill = new WaybillProcess(['start', '--home', home, '--port', '0']);
    started.push(waybill);
    await vi.waitFor(() => expect(lanesPids()).toHaveLength(1), { timeout: START_MS, interval: 50 });
    const tree = processTree(waybill.pid);
    expect(await waybill.interrupt()).toBe(0);
    expect(waybill.complaints).toEqual([]);
    expect(tree.filter(isAlive)).toEqual([]);
  });

  it('that stand still while they start hold nobody up who asks twice', async () => {
    waybill = new WaybillProcess(['start', '--home', home, '--port', '0']);
    started.push(waybill);
    await vi.waitFor(() => expect(lanesPids()).toHaveLength(1), { timeout: START_MS, interval: 20 });
    process.kill(lanesPids()[0]!, 'SIGSTOP');
    const tree = processTree(waybill.pid);
    process.kill(waybill.pid, 'SIGTERM');
    // What comes sooner is the same wish.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(isAlive(waybill.pid)).toBe(true);
    process.kill(waybill.pid, 'SIGTERM');
    expect(await waybill.exit()).toBe(130);
    await allGone(tree);
  });

  it('that cannot open secrets end start with 2 and their own words', async () => {
    await writeFile(join(home, 'no.key'), 'no key\n');
    const environment = { WAYBILL_KEY_FILE: join(home, 'no.key') };
    const refused = new WaybillProcess(['start', '--home', home, '--port', '0'], environment);
    started.push(refused);
    expect(await refused.exit()).toBe(2);
    expect(refused.complaints.join('\n')).toMatch(/^waybill: .*no\.key/);
  });

  it('are nothing to be started by hand', async () => {
    const alone = new WaybillProcess(['lanes'], { WAYBILL_HOME: home });
    expect(await alone.exit()).toBe(2);
    expect(alone.complaints).toEqual([expect.stringContaining('part of `waybill start`')]);
  });
});
