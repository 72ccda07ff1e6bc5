import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeReady, WaybillProcess } from '../support/waybill-process.ts';

let home: string;
let waybill: WaybillProcess;

beforeAll(async () => {
  makeReady();
  home = await mkdtemp(join(tmpdir(), 'waybill-commands-'));
  await chmod(home, 0o755);
  waybill = new WaybillProcess(['start', '--demo', '--home', home, '--port', '0']);
  await waybill.line(/delivered +push/, 20_000);
});

afterAll(async () => {
  expect(await waybill.interrupt()).toBe(0);
  await rm(home, { recursive: true, force: true });
});

interface Outcome {
  code: number | null;
  output: string;
  complaints: string;
}

/** The demo allows its own process to reach this machine; who applies a partner on it says so himself. */
const EGRESS = { WAYBILL_EGRESS_ALLOW: 'public,private,loopback' };

async function command(args: string[], environment: Record<string, string> = {}): Promise<Outcome> {
  const one = new WaybillProcess(args, { WAYBILL_HOME: home, ...environment });
  const code = await one.exit();
  return { code, output: one.output.join('\n'), complaints: one.complaints.join('\n') };
}

/** The demo's configuration with one endpoint spoiled, under names of its own. */
async function spoiledConfiguration(spoil: (endpoint: Record<string, unknown>) => void): Promise<string> {
  const { output } = await command(['export', '--json']);
  const { apiVersion, partners, endpoints, routes } = JSON.parse(output);
  const pull = routes.find(({ name }: { name: string }) => name === 'demo-pull');
  const wanted = (name: string) => endpoints.find((endpoint: { name: string }) => endpoint.name === name);
  const spoiled = { ...structuredClone(wanted('demo-partner-ftps')), name: 'spoiled-ftps' };
  spoil(spoiled);
  const { schedule: _, ...route } = structuredClone(pull);
  route.name = 'spoiled-pull';
  route.source.endpoint = 'spoiled-ftps';
  const file = join(home, 'spoiled.yaml');
  const text = { apiVersion, partners, endpoints: [spoiled, wanted('demo-inbox')], routes: [route] };
  await writeFile(file, JSON.stringify(text));
  return file;
}

test('run --wait --json prints the finished run with its transfers and ends with 0', async () => {
  const { code, output } = await command(['run', 'demo-pull', '--wait', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(output)).toMatchObject({
    route: 'demo-pull',
    state: 'delivered',
    transfers: expect.any(Array),
  });
});

test('the same idempotency key returns the same run', async () => {
  const once = await command(['run', 'demo-pull', '--json', '--idempotency-key', 'key-1']);
  const again = await command(['run', 'demo-pull', '--json', '--idempotency-key', 'key-1']);
  expect(JSON.parse(again.output).id).toBe(JSON.parse(once.output).id);
});

test('a wrong password ends run --wait with 1, its code, and what to do about it', async () => {
  const wrong = join(home, 'wrong-password');
  await writeFile(wrong, 'not the password');
  const file = await spoiledConfiguration((endpoint) => {
    endpoint['password'] = { file: wrong };
  });
  const refused = await command(['apply', '-f', file]);
  expect(refused.code).toBe(2);
  expect(refused.complaints).toMatch(/spoiled-ftps.*`loopback`.*WAYBILL_EGRESS_ALLOW/);
  expect(await command(['apply', '-f', file], EGRESS)).toMatchObject({ code: 0 });
  const { code, output } = await command(['run', 'spoiled-pull', '--wait']);
  expect(code).toBe(1);
  expect(output).toMatch(/auth_rejected/);
  expect(output).toMatch(/Check the credentials with the partner/);
  expect(output).not.toContain('not the password');
});

test('a faulty configuration is refused as a whole: exit 2, each problem with file and line, nothing applied', async () => {
  const file = join(home, 'faulty.yaml');
  const text = [
    'apiVersion: waybill/v1',
    'endpoints:',
    '  - {name: left-over, protocol: local, root: /srv/x, colour: red}',
    'routes:',
    '  - {name: lost, source: {endpoint: left-ovr, path: /}, destination: {endpoint: left-over, path: /y}}',
  ];
  await writeFile(file, text.join('\n'));
  const { code, complaints } = await command(['apply', '-f', file]);
  expect(code).toBe(2);
  expect(complaints).toMatch(/faulty\.yaml:3:\d+ .*unknown key `colour`/);
  expect(complaints).toMatch(/faulty\.yaml:5:\d+ .*did you mean `left-over`/);
  expect((await command(['export'])).output).not.toContain('left-over');
});

test('a key is printed once, works through WAYBILL_URL, and is refused after it was revoked', async () => {
  const { output } = await command(['key', 'create', 'reader', '--role', 'viewer', '--json']);
  const { name, key } = JSON.parse(output) as { name: string; key: string };
  expect(name).toBe('reader');
  const remote = {
    WAYBILL_URL: (await readFile(join(home, 'api.url'), 'utf8')).trim(),
    WAYBILL_API_KEY: key,
  };
  const elsewhere = { ...remote, WAYBILL_HOME: join(home, 'nothing-here') };
  expect((await command(['runs', '--json'], elsewhere)).code).toBe(0);
  const forbidden = await command(['run', 'demo-pull'], elsewhere);
  expect(forbidden.code).toBe(2);
  expect(forbidden.complaints).toMatch(/viewer/);
  expect((await command(['key', 'revoke', 'reader'])).code).toBe(0);
  expect((await command(['runs'], elsewhere)).code).toBe(2);
  expect((await command(['key', 'list'])).output).not.toContain(key);
});

test('schedule preview says when a route fires next, and what an outage would do to it', async () => {
  const { code, output } = await command(['schedule', 'preview', 'demo-pull', '--count', '3']);
  expect(code).toBe(0);
  expect(output).toMatch(/DUE \(UTC\).*OUTCOME/);
  expect(output).toMatch(/misfire run_once: When no scheduler ran/);
  const from = ['--from', '2026-11-01T00:00:00Z', '--down-until', '2026-11-01T00:02:30Z'];
  const local = await command(['schedule', 'preview', 'demo-pull', '--count', '4', '--json', ...from]);
  const preview = JSON.parse(local.output);
  expect(preview.fires.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    'coalesced',
    'coalesced',
    'run',
    'run',
  ]);
  // What an api says is the same, word for word.
  const remote = {
    WAYBILL_URL: (await readFile(join(home, 'api.url'), 'utf8')).trim(),
    WAYBILL_API_KEY: JSON.parse(
      (await command(['key', 'create', 'previewer', '--role', 'viewer', '--json'])).output,
    ).key,
    WAYBILL_HOME: join(home, 'nothing-here'),
  };
  const asked = await command(
    ['schedule', 'preview', 'demo-pull', '--count', '4', '--json', ...from],
    remote,
  );
  expect(JSON.parse(asked.output)).toEqual(preview);
  expect((await command(['schedule', 'preview', 'demo-pull', '--count', '101'])).code).toBe(2);
});

test('the audit is written to a file as a whole, and to a pipe as it comes', async () => {
  const output = join(home, 'audit.ndjson');
  const said = await command(['audit', 'export', '--output', output, '--json']);
  expect(said).toMatchObject({ code: 0, complaints: '' });
  const lines = (await readFile(output, 'utf8')).trimEnd().split('\n');
  expect(JSON.parse(said.output)).toEqual({ file: output, events: lines.length });
  expect(lines.map((line) => JSON.parse(line).action)).toContain('transfer.delivered');
  // What an api says is the same, byte for byte.
  const { key } = JSON.parse(
    (await command(['key', 'create', 'exporter', '--role', 'auditor', '--json'])).output,
  ) as { key: string };
  const remote = {
    WAYBILL_URL: (await readFile(join(home, 'api.url'), 'utf8')).trim(),
    WAYBILL_API_KEY: key,
    WAYBILL_HOME: join(home, 'nothing-here'),
  };
  const asked = await command(['audit', 'export', '--to', '2100-01-01T00:00:00Z'], remote);
  expect(asked.output.split('\n').slice(0, lines.length)).toEqual(lines);
  const until = JSON.parse(lines[9]!).at as string;
  const printed = await command(['audit', 'export', '--to', until]);
  expect(printed.code).toBe(0);
  expect(lines.join('\n').startsWith(printed.output)).toBe(true);
  expect((await command(['audit', 'export', '-o', output])).code).toBe(2);
});

test('posture says which TLS the partner uses, and what a stricter policy would break', async () => {
  const { code, output } = await command(['posture', '--endpoint', 'demo-partner-ftps', '--json']);
  expect(code).toBe(0);
  const [posture] = JSON.parse(output);
  expect(posture).toMatchObject({ endpoint: 'demo-partner-ftps', versions: [{ version: 'TLSv1.3' }] });
  expect(posture.certificates[0].daysLeft).toBeGreaterThan(0);
  const effects = new Map<string, string>(
    posture.stricter.map(({ policy, effect }: { policy: string; effect: string }) => [policy, effect]),
  );
  expect([effects.get('tls_1_3'), effects.get('session_reuse_required')]).toEqual(['holds', 'in_force']);
  expect((await command(['posture'])).output).toMatch(/certificate until \d{4}-\d{2}-\d{2}/);
});

test.each([
  ['an unknown command', ['frobnicate']],
  ['a missing argument', ['run']],
  ['a route that does not exist', ['run', 'no-such-route']],
  ['an instant that is none', ['transfers', '--since', 'yesterday-ish']],
])('%s is a usage error: one line and exit 2', async (_, args) => {
  const { code, output, complaints } = await command(args);
  expect(code).toBe(2);
  expect(output).toBe('');
  expect(complaints.split('\n')).toHaveLength(1);
});
