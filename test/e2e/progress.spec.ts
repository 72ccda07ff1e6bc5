import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import { type RunProgressObject, runProgressSchema, type Transfer } from '#contract';
import { createApiKey } from '#identity';
import { type Listening, listenToEvents } from '../../apps/api/testing/listen-to-events.ts';
import { startTestApi, type TestApi } from '../../apps/api/testing/start-test-api.ts';
import { aLocalEndpoint, anEndpointAt, aRoute } from '../support/builders.ts';
import { type Product, startProduct } from '../support/product.ts';
import { startWorkerProcess } from '../support/start-worker-process.ts';

const PIECE_BYTES = 512 * 1024;
const PIECES = 4;
const SIZE_BYTES = PIECES * PIECE_BYTES;

let api: TestApi;
let product: Product;
let sim: PartnerSim;
/** Lets the partner send so many pieces in all. */
let sendPieces: (count: number) => void;
const open: Listening[] = [];

beforeEach(async () => {
  api = await startTestApi({ partners: [{ name: 'other' }], endpoints: [], routes: [] });
  const password = randomBytes(12).toString('hex');
  const secrets = { PARTNER_PASSWORD: password };
  product = await startProduct({ database: api.database, workers: 0, sweepMs: 200, secrets });
  const large = randomBytes(SIZE_BYTES);
  for (const folder of ['partner/out', 'local/from', 'local/to'])
    await mkdir(join(product.home, folder), { recursive: true });
  await writeFile(join(product.home, 'partner/out/large.bin'), large);
  sim = await startPartnerSim({ root: join(product.home, 'partner'), username: 'waybill', password });
  const sent = Array.from({ length: PIECES }, () => Promise.withResolvers<void>());
  sendPieces = (count) => {
    for (const { resolve } of sent.slice(0, count)) resolve();
  };
  sim.faults.content = ({ verb }) => (verb === 'RETR' ? paced(large) : undefined);
  async function* paced(bytes: Buffer) {
    for (const [place, { promise }] of sent.entries()) {
      await promise;
      yield bytes.subarray(place * PIECE_BYTES, (place + 1) * PIECE_BYTES);
    }
  }
  await product.apply(
    [anEndpointAt(sim), aLocalEndpoint('local', join(product.home, 'local'))],
    [
      aRoute('pull', { endpoint: 'partner', path: '/out' }, { endpoint: 'local', path: '/to' }),
      aRoute('small', { endpoint: 'local', path: '/from' }, { endpoint: 'local', path: '/to' }, { lanes: 4 }),
    ],
  );
});

afterEach(async () => {
  for (const each of open.splice(0)) {
    each.leave();
    await each.ended;
  }
  await product.close();
  await api.close();
  await sim.close();
});

const trigger = async (route: string) =>
  ((await api.ask('triggerRun', `/routes/${route}/runs`)) as { id: string }).id;

async function listen(path: string, key = api.keys.viewer): Promise<Listening> {
  const made = await listenToEvents(`${api.url}/api/v1${path}`, key);
  open.push(made);
  return made;
}

/** What a stream has told of how far runs have come, oldest first. */
const toldBy = ({ heard }: Listening): RunProgressObject[] =>
  heard.filter(({ event }) => event === 'progress').map(({ data }) => runProgressSchema.parse(data));
const bytesToldBy = (stream: Listening) =>
  toldBy(stream).flatMap(({ underWay }) => underWay.map(({ streamedBytes }) => streamedBytes));
const lastFilesOf = (stream: Listening) => toldBy(stream).at(-1)?.underWay;

async function onlyTransfer(runId: string): Promise<Transfer> {
  const { items } = (await api.ask('listTransfers', `/transfers?runId=${runId}`)) as { items: Transfer[] };
  return items[0]!;
}

const NOT_UNDER_WAY = { worker: null, lane: null, phase: null, streamedBytes: null };

it('a file under way shows how far it is, who moves it and in which phase, until it is delivered, to those whom it concerns', async () => {
  product.addWorker({ name: 'mover' });
  const keyOf = async (partner: string) => {
    const wanted = { name: partner, role: 'viewer', actor: { kind: 'user', name: 'test' } } as const;
    return (await createApiKey(api.store, api.identityKeys, { ...wanted, partners: [partner] })).key;
  };
  const [all, acme, other] = [
    await listen('/events'),
    await listen('/events', await keyOf('acme')),
    await listen('/events', await keyOf('other')),
  ];
  const runId = await trigger('pull');
  const ofRun = await listen(`/runs/${runId}/events`);
  for (const pieces of [1, PIECES - 1]) {
    sendPieces(pieces);
    const streamedBytes = pieces * PIECE_BYTES;
    for (const stream of [all, acme, ofRun])
      await expect
        .poll(() => lastFilesOf(stream)?.[0]?.streamedBytes, { timeout: 60_000 })
        .toBe(streamedBytes);
    const transfer = await onlyTransfer(runId);
    expect(transfer).toMatchObject({
      state: 'streaming',
      worker: 'mover',
      lane: 0,
      phase: 'stream',
      streamedBytes,
    });
    expect(lastFilesOf(all)).toMatchObject([
      {
        ...{ transferId: transfer.id, sourcePath: '/out/large.bin', worker: 'mover', lane: 0 },
        ...{ phase: 'stream', streamedBytes, sizeBytes: SIZE_BYTES },
      },
    ]);
    // Whoever comes now sees at once what is there.
    const late = await listen(`/runs/${runId}/events`);
    await late.hears(({ event }) => event === 'progress');
    expect(bytesToldBy(late)[0]).toBe(streamedBytes);
  }
  sendPieces(PIECES);
  expect((await product.finished(runId)).state).toBe('delivered');
  for (const stream of [all, acme, ofRun]) {
    await stream.hears(({ event, data }) => event === 'progress' && data['state'] === 'delivered');
    expect(toldBy(stream).at(-1)).toMatchObject({ deliveredBytes: SIZE_BYTES, underWay: [] });
    const told = bytesToldBy(stream);
    expect(told).toEqual(told.toSorted((one, next) => one - next));
    expect(Math.max(...told)).toBeLessThanOrEqual(SIZE_BYTES);
  }
  expect(await onlyTransfer(runId)).toMatchObject({ state: 'delivered', ...NOT_UNDER_WAY });
  expect(toldBy(other)).toEqual([]);
});

it('what a killed worker has said last is not shown as alive', async () => {
  const worker = await startWorkerProcess({
    name: 'doomed',
    databaseUrl: product.database.appUrl,
    queueBackend: { kind: 'postgres', connectionString: product.database.appUrl },
    leaseMs: 1_500,
    gracePeriodMs: 10_000,
    secrets: { PARTNER_PASSWORD: sim.password },
  });
  const runId = await trigger('pull');
  const stream = await listen(`/runs/${runId}/events`);
  sendPieces(1);
  await expect.poll(() => lastFilesOf(stream)?.[0]?.streamedBytes, { timeout: 60_000 }).toBe(PIECE_BYTES);
  await worker.kill();
  await expect.poll(() => lastFilesOf(stream), { timeout: 60_000 }).toEqual([]);
  expect(await onlyTransfer(runId)).toMatchObject({ state: 'streaming', ...NOT_UNDER_WAY });
});

it('a run of 200 small files says nothing of their progress: no statement, no row', async () => {
  const names = Array.from({ length: 200 }, (_, index) => `${index}.csv`);
  await Promise.all(names.map((name) => writeFile(join(product.home, 'local/from', name), name)));
  product.addWorker();
  const told = vi.spyOn(product.recorder, 'recordProgress');
  const run = await product.finished(await trigger('small'));
  expect([run.state, run.transfers.length]).toEqual(['delivered', 200]);
  // On a machine that stands still a file of one byte may take its second as well.
  const slow = await product.store.db.$queryRaw<{ id: string }[]>`
    SELECT transfer_id::text AS id FROM attempt WHERE finished_at - started_at >= interval '0.9 seconds'`;
  const quick = (id: string) => slow.every((transfer) => transfer.id !== id);
  const reported = told.mock.calls.flatMap(([reports]) => reports.map(({ claim }) => claim.transferId));
  const rows = await product.store.db.transferProgress.findMany();
  expect([reported.filter(quick), rows.filter(({ transferId }) => quick(transferId))]).toEqual([[], []]);
});
