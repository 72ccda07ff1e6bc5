import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { RunRecorder } from './run-recorder.ts';

const LEASE_MS = 60_000;

let database: TestDatabase;
let store: Store;
let recorder: RunRecorder;
let number = 0;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  recorder = new RunRecorder(store);
});

afterAll(async () => {
  await store.close();
  await database.stop();
});

beforeEach(() => {
  number++;
});

/** An endpoint that needs no server: nothing here opens a session. */
async function endpoint(name: string, maxSessions: number, protocol = 'ftps'): Promise<string> {
  const { id } = await store.db.endpoint.create({
    data: { name: `${name}-${number}`, protocol, maxSessions, settings: {} },
  });
  return id;
}

async function runBetween(source: string, destination: string, priority = 5): Promise<string> {
  const routeName = `route-${number}-${Math.random()}`;
  await store.db.transferRoute.create({
    data: {
      name: routeName,
      sourceEndpointId: source,
      destinationEndpointId: destination,
      priority,
      definition: { lanes: 1 },
    },
  });
  const { run } = await recorder.createRun({
    routeName,
    trigger: 'api',
    requestedBy: { kind: 'api_key', name: 'test' },
  });
  return run.id;
}

const take = (runId: string, worker = 'worker') => recorder.takeSessionSlots(runId, worker, LEASE_MS);

async function taken(runId: string): Promise<string[]> {
  const answer = await take(runId);
  if (answer.kind === 'full') throw new Error(`${answer.endpoint} is full`);
  return answer.slotIds;
}

const slotsOn = (endpointId: string) => store.db.sessionSlot.count({ where: { endpointId } });
const expire = (ids: string[]) =>
  store.db.sessionSlot.updateMany({ where: { id: { in: ids } }, data: { leaseUntil: new Date(0) } });

describe('session slots', () => {
  it('are never more than maxSessions, however many ask at once', async () => {
    const [partner, local] = [await endpoint('partner', 3), await endpoint('local', 1, 'local')];
    const runs = [await runBetween(partner, local), await runBetween(local, partner)];
    const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => take(runs[index % 2]!)));
    expect(answers.filter(({ kind }) => kind === 'taken')).toHaveLength(3);
    expect(answers.filter(({ kind }) => kind === 'full')).toHaveLength(27);
    expect(answers).toContainEqual({ kind: 'full', endpoint: `partner-${number}` });
    expect(await slotsOn(partner)).toBe(3);
    expect(await slotsOn(local)).toBe(0);
  });

  it('are taken at both ends or at none, and two runs in opposite directions do not wait for each other', async () => {
    const [wide, narrow] = [await endpoint('wide', 20), await endpoint('narrow', 2)];
    const runs = [await runBetween(wide, narrow), await runBetween(narrow, wide)];
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => take(runs[index % 2]!)));
    expect(answers.filter(({ kind }) => kind === 'taken')).toHaveLength(2);
    expect([await slotsOn(wide), await slotsOn(narrow)]).toEqual([2, 2]);
  });

  it('are two where a route leads from an endpoint to itself, and a single one is refused for good', async () => {
    const [two, one] = [await endpoint('two', 2), await endpoint('one', 1)];
    expect(await taken(await runBetween(two, two))).toHaveLength(2);
    expect(await take(await runBetween(two, two))).toMatchObject({ kind: 'full' });
    await expect(take(await runBetween(one, one))).rejects.toMatchObject({ code: 'invalid_configuration' });
  });

  it('are not needed for own directories', async () => {
    const local = await endpoint('local', 1, 'local');
    const run = await runBetween(local, local);
    expect([await taken(run), await taken(run)]).toEqual([[], []]);
  });

  it('go to others when their lease runs out, and the worker that wakes learns that it lost them', async () => {
    const [partner, local] = [await endpoint('partner', 1), await endpoint('local', 1, 'local')];
    const run = await runBetween(partner, local);
    const first = await taken(run);
    expect(await take(run)).toMatchObject({ kind: 'full' });
    expect(await recorder.renewSessionSlots(first, LEASE_MS)).toEqual(new Set(first));
    await expire(first);
    const second = await taken(run);
    expect(await recorder.renewSessionSlots([...first, ...second], LEASE_MS)).toEqual(new Set(second));
    await recorder.releaseSessionSlots(first);
    expect(await slotsOn(partner)).toBe(1);
  });

  it('given back name the most urgent run that may have waited for them, and nobody where there was no shortage', async () => {
    const [partner, other] = [await endpoint('partner', 2), await endpoint('other', 1, 'local')];
    const working = await runBetween(partner, other);
    const patient = await runBetween(partner, other, 9);
    const urgent = await runBetween(partner, other, 1);
    await recorder.claimPlanning(working, 'worker', LEASE_MS);
    await runBetween(other, other, 1);
    const [one, two] = [await taken(working), await taken(working)];
    expect(await recorder.releaseSessionSlots(one)).toMatchObject({ id: urgent });
    await recorder.claimPlanning(urgent, 'worker', LEASE_MS);
    expect(await recorder.releaseSessionSlots(two)).toBeUndefined();
    const again = [...(await taken(urgent)), ...(await taken(urgent))];
    expect(await recorder.releaseSessionSlots(again)).toMatchObject({ id: patient });
  });
});
