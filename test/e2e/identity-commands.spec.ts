import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeReady, WaybillProcess } from '../support/waybill-process.ts';

let home: string;
let waybill: WaybillProcess;
let url: string;

beforeAll(async () => {
  makeReady();
  home = await mkdtemp(join(tmpdir(), 'waybill-identities-'));
  await chmod(home, 0o755);
  await start();
});

afterAll(async () => {
  expect(await waybill.interrupt()).toBe(0);
  await rm(home, { recursive: true, force: true });
});

async function start(): Promise<void> {
  waybill = new WaybillProcess(['start', '--home', home, '--port', '0']);
  const line = await waybill.line(/^ {2}api +http/, 20_000);
  url = line.trim().split(/\s+/)[1]!;
}

async function command(...args: string[]) {
  const one = new WaybillProcess(args, { WAYBILL_HOME: home });
  const code = await one.exit();
  return { code, output: one.output.join('\n'), complaints: one.complaints.join('\n') };
}

function signIn(name: string, password: string): Promise<Response> {
  return fetch(`${url}/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password }),
  });
}

test('the first admin is made by the first start; his password is on the terminal and nowhere else', async () => {
  const line = await waybill.line(/one-time password/, 5_000);
  const password = /one-time password (\S+)/.exec(line)![1]!;
  const answer = await signIn('admin', password);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    name: 'admin',
    role: 'admin',
    session: { passwordIsOneTime: true },
  });
  const files = (await readdir(home, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
  expect(files.length).toBeGreaterThan(10);
  for (const { parentPath, name } of files)
    expect((await readFile(join(parentPath, name))).includes(password), join(parentPath, name)).toBe(false);
  expect(await waybill.interrupt()).toBe(0);
  await start();
  expect(waybill.output.join('\n')).not.toContain('one-time password');
  for (const path of ['/setup', '/install', '/users/first', '/me/admin'])
    expect((await fetch(`${url}${path}`, { method: 'POST' })).status, path).toBe(404);
});

test('waybill user makes, changes, resets and disables people', async () => {
  const made = JSON.parse((await command('user', 'create', 'anna', '--role', 'viewer', '--json')).output);
  expect((await signIn('anna', made.password)).status).toBe(200);
  const again = await command('user', 'create', 'anna', '--role', 'viewer');
  expect(again).toMatchObject({ code: 2, output: '', complaints: expect.stringContaining('exists') });
  const partner = await command('user', 'update', 'anna', '--partner', 'nobody');
  expect(partner).toMatchObject({ code: 2, complaints: expect.stringContaining('no partner "nobody"') });
  expect((await command('user', 'update', 'anna', '--role', 'root')).code).toBe(2);
  expect((await command('user', 'update', 'anna')).code).toBe(2);
  expect((await command('user', 'update', 'anna', '--role', 'operator')).code).toBe(0);
  const reset = (await command('user', 'reset', 'anna')).output;
  expect((await signIn('anna', made.password)).status).toBe(401);
  expect(await (await signIn('anna', reset)).json()).toMatchObject({ role: 'operator' });
  expect((await command('user', 'disable', 'anna')).code).toBe(0);
  expect((await signIn('anna', reset)).status).toBe(401);
  const listed = (await command('user', 'list')).output;
  expect(listed).toMatch(/anna +operator +all +no +\S+ +disabled/);
  const last = await command('user', 'disable', 'admin');
  expect(last).toMatchObject({ code: 2, complaints: expect.stringContaining('last admin') });
  expect((await command('user', 'reset', 'nobody')).code).toBe(2);
});

test('waybill key makes keys that reach what they name until they end', async () => {
  const wrong = await command('key', 'create', 'erp', '--role', 'operator', '--route', 'nothing');
  expect(wrong).toMatchObject({ code: 2, complaints: expect.stringContaining('no route "nothing"') });
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const { key } = JSON.parse(
    (await command('key', 'create', 'erp', '--role', 'operator', '--expires', until, '--json')).output,
  );
  const me = await fetch(`${url}/me`, { headers: { authorization: `Bearer ${key}` } });
  expect(await me.json()).toMatchObject({ kind: 'program', name: 'erp', partners: 'all', routes: 'all' });
  expect((await command('key', 'list')).output).toMatch(/erp +operator +all +all +\S+ +live until /);
  expect((await command('key', 'revoke', 'erp')).code).toBe(0);
  expect((await fetch(`${url}/me`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(401);
  const listed = JSON.parse((await command('key', 'list', '--json')).output) as {
    name: string;
    person: string;
  }[];
  expect(listed.find(({ name }) => name === 'erp')?.person).toMatch(/ \(local\)$/);
});
