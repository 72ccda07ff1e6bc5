import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import type { FtpsEndpoint } from '#domain';
import { EVERYTHING, findProbe, requestProbe } from '#store';
import { aLocalEndpoint, anEndpointAt, aRoute } from '../support/builders.ts';
import { type FinishedRun, type Product, startProduct } from '../support/product.ts';

/** Promise D17: at most two logins in 15 minutes at an endpoint that refuses them, however many routes and runs there are. */
let product: Product;
let sim: PartnerSim;
let directory: string;
let logins: string[];
let refusesAll: boolean;

beforeAll(async () => {
  product = await startProduct({ workers: 2, secrets: { OLD: 'the-old-password', NEW: 'the-new-password' } });
});
afterAll(() => product.close());

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-pause-'));
  await mkdir(join(directory, 'out'));
  await writeFile(join(directory, 'out/a.csv'), 'bytes');
  await rm(join(product.home, 'inbox'), { recursive: true, force: true });
  await mkdir(join(product.home, 'inbox'));
  logins = [];
  refusesAll = false;
  sim = await startPartnerSim({ root: directory, username: 'waybill', password: 'the-new-password' });
  sim.faults.answer = (_reply, { verb, argument }) => {
    if (verb !== 'PASS') return undefined;
    logins.push(argument);
    return refusesAll ? ['530 Not now.\r\n'] : undefined;
  };
});

afterEach(async () => {
  await sim.close();
  await rm(directory, { recursive: true });
});

function partner(name: string, changes: Partial<FtpsEndpoint> = {}): FtpsEndpoint {
  return anEndpointAt(sim, { name, host: '127.0.0.1', password: { env: 'OLD' }, ...changes });
}

async function configure(endpoint: FtpsEndpoint): Promise<void> {
  await product.apply(
    [endpoint, aLocalEndpoint('local', product.home)],
    [
      aRoute(
        `pull-${endpoint.name}`,
        { endpoint: endpoint.name, path: '/out' },
        { endpoint: 'local', path: '/inbox' },
      ),
    ],
  );
}

const outcome = (run: FinishedRun) => [run.state, run.errorCode];

it('row 12: one refused login pauses the endpoint: later runs fail at once, and say until when', async () => {
  await configure(partner('refusing'));
  expect(outcome(await product.run('pull-refusing'))).toEqual(['failed', 'auth_rejected']);
  for (let count = 0; count < 4; count += 1)
    expect(outcome(await product.run('pull-refusing'))).toEqual(['failed', 'login_paused']);
  expect(logins).toEqual(['the-old-password']);
  const events = await product.store.db.auditEvent.findMany({ where: { action: 'endpoint.login_refused' } });
  expect(events).toHaveLength(1);
  expect(events[0]!.details).toMatchObject({ endpoint: 'refusing', reply: expect.stringMatching(/^530 /) });
});

it('row 12: after the pause there is one login, not one for each run', async () => {
  await configure(partner('patient'));
  await product.run('pull-patient');
  await product.store.db.$executeRaw`
    UPDATE endpoint SET login_refused_at = login_refused_at - interval '15 minutes' WHERE name = 'patient'`;
  expect(outcome(await product.run('pull-patient'))).toEqual(['failed', 'auth_rejected']);
  expect(outcome(await product.run('pull-patient'))).toEqual(['failed', 'login_paused']);
  expect(logins).toHaveLength(2);
});

it('row 12: new settings end the pause', async () => {
  await configure(partner('corrected'));
  await product.run('pull-corrected');
  await configure(partner('corrected', { password: { env: 'NEW' } }));
  expect((await product.run('pull-corrected')).state).toBe('delivered');
  expect(logins).toEqual(['the-old-password', 'the-new-password']);
});

it('row 12: an examination whose login works ends the pause, and both are in the audit', async () => {
  refusesAll = true;
  await configure(partner('forgiven', { password: { env: 'NEW' } }));
  await product.run('pull-forgiven');
  refusesAll = false;
  const wish = { endpoint: 'forgiven', requestedBy: 'test', folder: null };
  const { id } = await product.store.transaction((tx) => requestProbe(tx, wish));
  await expect
    .poll(async () => (await findProbe(product.store.db, EVERYTHING, id))?.state, { timeout: 30_000 })
    .toBe('done');
  expect((await product.run('pull-forgiven')).state).toBe('delivered');
  const events = await product.store.db.auditEvent.findMany({ where: { action: 'endpoint.login_accepted' } });
  expect(events.map(({ details }) => (details as { endpoint: string }).endpoint)).toEqual(['forgiven']);
});
