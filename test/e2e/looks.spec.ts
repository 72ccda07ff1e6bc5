import { randomBytes } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type HeardCommand, type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import { type Endpoint, ERROR_TABLE, type FtpsEndpoint, type Selection } from '#domain';
import { EVERYTHING, findLook, type LookRecord, requestLook } from '#store';
import { aLocalEndpoint, anEndpointAt, aRoute } from '../support/builders.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
let sim: PartnerSim;
let root: string;
/** Each test has an endpoint of its own at the same server: nobody asks again too soon. */
let name: string;
let tests = 0;
/** How much the server had heard before. */
let heardBefore: number;

beforeAll(async () => {
  const password = randomBytes(12).toString('base64url');
  const secrets = { PARTNER_PASSWORD: password, OLD_PASSWORD: 'the-old-password' };
  product = await startProduct({ secrets, schedulers: 0 });
  root = join(product.home, 'partner');
  await mkdir(root);
  sim = await startPartnerSim({ root, username: 'waybill', password });
});
afterAll(async () => {
  await product.close();
  await sim.close();
});
beforeEach(() => {
  name = `partner-${++tests}`;
  heardBefore = sim.commands.length;
  delete sim.faults.content;
});

async function plant(folder: string, ...names: string[]): Promise<void> {
  for (const file of names) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), file);
  }
}

/** Of the partner, unless another is given. */
async function configure(changes: Partial<Omit<FtpsEndpoint, 'tls'>> = {}, other?: Endpoint): Promise<void> {
  await product.apply([other ?? anEndpointAt(sim, { name, ...changes })], []);
}

function ask(selection: Partial<Selection>, isLocal = false): Promise<LookRecord> {
  const whole = { path: '/', select: ['*'], exclude: [], recursive: false, settleMs: 0, ...selection };
  return product.store.transaction((tx) =>
    requestLook(tx, { requestedBy: 'test', selection: { ...whole, endpoint: name }, isLocal }),
  );
}

async function ended(id: string): Promise<LookRecord> {
  const find = () => findLook(product.store.db, EVERYTHING, id);
  await expect.poll(async () => (await find())?.finishedAt, { timeout: 30_000 }).toBeTruthy();
  return (await find())!;
}

async function look(selection: Partial<Selection>, isLocal = false): Promise<LookRecord> {
  return ended((await ask(selection, isLocal)).id);
}

/** As if it had been asked for a minute ago. */
const age = () => product.store.db.$executeRaw`UPDATE look SET created_at = created_at - interval '1 minute'`;
const whys = ({ files }: LookRecord) => Object.fromEntries(files.map(({ path, why }) => [path, why]));
const heard = (verb: string): HeardCommand[] =>
  sim.commands.slice(heardBefore).filter((command) => command.verb === verb);

describe('a look at a partner’s folder', () => {
  it('is one session like that of a run, which changes nothing and is on record', async () => {
    await plant(join(root, 'quiet'), 'a.csv', 'b.csv');
    await configure();
    const { id, matched } = await look({ path: '/quiet' });
    expect(matched).toBe(2);
    expect(heard('PASS')).toHaveLength(1);
    expect(heard('QUIT')).toHaveLength(1);
    for (const verb of ['STOR', 'RETR', 'DELE', 'RNFR', 'MKD', 'RMD', 'APPE', 'SITE'])
      expect(heard(verb), verb).toEqual([]);
    const { db } = product.store;
    const rows = await db.tlsNegotiation.findMany({ where: { endpoint: name } });
    expect(rows.map(({ channel, verdict }) => `${channel} ${verdict}`).sort()).toEqual([
      'control accepted',
      'data accepted',
    ]);
    expect(rows.every(({ runId, attemptId }) => runId === null && attemptId === null)).toBe(true);
    expect(await db.sessionSlot.count({ where: { endpoint: { name } } })).toBe(0);
    const [event, ...others] = await db.auditEvent.findMany({
      where: { object: 'endpoint', objectId: name },
    });
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      ...{ action: 'endpoint.looked', actorKind: 'worker' },
      details: { look: id, path: '/quiet', seen: 2, matched: 2 },
    });
  });

  it('holds back what still grows', async () => {
    let listings = 0;
    const row = (file: string, size: number) => `type=file;size=${size};modify=20261121060000; ${file}\r\n`;
    sim.faults.content = ({ verb }) =>
      verb === 'MLSD' ? [row('still.csv', 5), row('grows.csv', 5 + listings++)] : undefined;
    await configure();
    const looked = await look({ settleMs: 20 });
    expect(whys(looked)).toEqual({ '/still.csv': null, '/grows.csv': 'not_settled' });
    expect(looked.files[0]?.says).toBe('still changing; taken by the next run');
    expect(heard('PASS')).toHaveLength(1);
  });

  it('keeps to the sessions that all workers may have: it waits until a transfer has given one back', async () => {
    await configure({ maxSessions: 1 });
    const answer = await product.recorder.takeSessionSlot(name, 'somebody', 60_000);
    if (answer.kind !== 'taken') throw new Error('it was free');
    const { id } = await ask({});
    await expect
      .poll(async () => (await findLook(product.store.db, EVERYTHING, id))?.state, { timeout: 10_000 })
      .toBe('running');
    expect(heard('USER')).toEqual([]);
    await product.recorder.releaseSessionSlots(answer.slotIds);
    expect((await ended(id)).state).toBe('done');
  });

  it('tells hostile names as they are, and refuses those that lead elsewhere', async () => {
    const fact = 'type=file;size=5;modify=20261121060000;';
    const names = [
      '<img src=x onerror=alert(1)>.csv',
      'a\u202etxt.exe',
      "'; DROP TABLE look; --",
      '{param.x}',
    ];
    const rows = [...names, '../../etc/passwd', 'a/b.csv', 'C:\\x'].map((file) => `${fact} ${file}\r\n`);
    sim.faults.content = ({ verb }) => (verb === 'MLSD' ? rows : undefined);
    await configure();
    const looked = await look({});
    expect(looked).toMatchObject({ state: 'done', seen: 7, leftOut: { name_refused: 4 } });
    for (const safe of [names[0], names[2], names[3]]) expect(whys(looked)[`/${safe}`]).toBeNull();
    // One that reads in two ways is spelled out.
    for (const led of ['../../etc/passwd', 'a/b.csv', 'C:\\x', 'a\\u202etxt.exe'])
      expect(looked.files.find(({ path }) => path === `/${led}`)).toMatchObject({
        ...{ why: 'name_refused', sizeBytes: null, modified: null, says: expect.any(String) },
      });
  });
});

describe('there is none', () => {
  it('where the login is refused: the endpoint pauses as after a run, and there is no second try', async () => {
    await configure({ password: { env: 'OLD_PASSWORD' } });
    const refused = await look({});
    expect(refused).toMatchObject({
      ...{ state: 'failed', files: [] },
      error: { code: 'auth_rejected', phase: 'authenticate' },
    });
    await age();
    expect(await look({})).toMatchObject({
      error: {
        code: 'login_paused',
        detail: expect.stringContaining('refused our login; the next one is at'),
      },
    });
    expect(heard('PASS')).toHaveLength(1);
    const { db } = product.store;
    const events = await db.auditEvent.findMany({ where: { action: 'endpoint.login_refused' } });
    expect(events.map(({ details }) => (details as { endpoint: string }).endpoint)).toContain(name);
    expect(await db.incident.count({ where: { kind: 'login_refused', endpoint: name } })).toBe(1);
    expect(await db.auditEvent.count({ where: { action: 'endpoint.look_failed', objectId: name } })).toBe(2);
  });

  it('where the folder is not: it says so in a plain sentence', async () => {
    await configure();
    const looked = await look({ path: '/no/such' });
    expect(looked.state).toBe('failed');
    expect(looked.error).toMatchObject({ code: 'path_not_found', phase: 'list' });
    expect(looked.error?.detail).toMatch(/^550 /);
    expect(ERROR_TABLE.path_not_found.sentence).toMatch(/^The folder or file does not exist/);
  });

  it('where no connection may go: nothing is dialled', async () => {
    await configure({ host: '169.254.169.254' });
    expect((await look({})).error).toMatchObject({ code: 'egress_refused' });
  });

  it('where the certificate is not the one we know: refused before the password, and on record', async () => {
    await product.apply([anEndpointAt(sim, { name, tls: { ca: [], pins: [] } })], []);
    expect((await look({})).error?.code).toMatch(/^tls_/);
    expect(heard('PASS')).toEqual([]);
    const rows = await product.store.db.tlsNegotiation.findMany({ where: { endpoint: name } });
    expect(rows.map(({ verdict }) => verdict)).toEqual(['refused']);
  });
});

describe('a look at our own folder', () => {
  it('needs no session, and never leaves its root', async () => {
    const folder = join(product.home, 'own');
    await plant(folder, 'out/a.csv', 'out/b.txt', 'secret.csv');
    await symlink(join(folder, 'secret.csv'), join(folder, 'out/link.csv'));
    await configure({}, aLocalEndpoint(name, folder));
    const looked = await look({ path: '/out', regex: '.*\\.csv', select: [] }, true);
    expect(whys(looked)).toEqual({
      '/out/a.csv': null,
      '/out/b.txt': 'not_selected',
      '/out/link.csv': 'not_a_file',
    });
    await age();
    expect((await look({ path: '/nowhere' }, true)).error?.code).toBe('path_not_found');
  });
});

// At the end: its lanes log out after the run is over, and the others count who logs in and out.
describe('a look at what a run is to take', () => {
  it('says what a run takes, which then takes just that', async () => {
    const folder = '/same';
    await plant(
      join(root, folder),
      ...['a.csv', 'a.csv.done', 'b.csv', 'old-c.csv', 'old-c.csv.done', 'd.txt', 'd.txt.done'],
      ...['sub/e.csv', 'sub/e.csv.done', 'sub/deep/f.csv'],
    );
    const selection = { path: folder, exclude: ['**/old-*'], marker: '{name}.done', recursive: true };
    const selects = { ...selection, select: ['**/*.csv'], settleMs: 50 };
    const partner = anEndpointAt(sim, { name });
    await mkdir(join(product.home, 'inbox'), { recursive: true });
    const route = aRoute(
      'pull',
      { endpoint: name, path: folder },
      { endpoint: 'local', path: '/inbox' },
      { source: selects },
    );
    await product.apply([partner, aLocalEndpoint('local', product.home)], [route]);
    const looked = await look(selects);
    expect(looked).toMatchObject({ state: 'done', error: null, seen: 10, matched: 2 });
    expect(whys(looked)).toEqual({
      '/same/a.csv': null,
      '/same/a.csv.done': 'not_selected',
      '/same/b.csv': 'no_marker',
      '/same/d.txt': 'not_selected',
      '/same/d.txt.done': 'not_selected',
      '/same/old-c.csv': 'excluded',
      '/same/old-c.csv.done': 'not_selected',
      '/same/sub/deep/f.csv': 'no_marker',
      '/same/sub/e.csv': null,
      '/same/sub/e.csv.done': 'not_selected',
    });
    expect(looked.leftOut).toEqual({ excluded: 1, no_marker: 2, not_selected: 5 });
    expect(looked.files[0]).toMatchObject({ sizeBytes: 5, modified: expect.stringMatching(/^\d{14}/) });
    const { transfers } = await product.run('pull');
    expect(transfers.map(({ sourcePath }) => sourcePath).sort()).toEqual(['/same/a.csv', '/same/sub/e.csv']);
  });
});
