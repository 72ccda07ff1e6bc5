import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalEndpoint } from '#domain';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import {
  aRoute,
  insertRun,
  insertTransfer,
  negotiationColumns,
  sampleEndpoints,
} from '../../testing/sample-rows.ts';
import { cases, ENDPOINTS, ROUTES, SCOPES } from '../../testing/scope-cases.ts';
import {
  applyConfiguration,
  EVERYTHING,
  findArmedSchedules,
  findEndpoint,
  findIncident,
  findLastProbe,
  findLook,
  findPartner,
  findProbe,
  findRoute,
  findRun,
  findTransfer,
  findTransfersWithin,
  listAttempts,
  mayUseRoute,
  openStore,
  ownsEndpoint,
  ownsIncident,
  type Page,
  readOverview,
  readTranscript,
  type Scope,
  type Store,
  searchEndpoints,
  searchEvents,
  searchFires,
  searchIncidents,
  searchNegotiations,
  searchPartners,
  searchRoutes,
  searchRuns,
  searchTransfers,
} from '../index.ts';

interface OfRoute {
  route: string;
  run: string;
  transfer: string;
  attempt: string;
  negotiation: string;
  fire: string;
  incident: string;
  /** One for each event that is about it. */
  events: string[];
}
interface OfEndpoint {
  endpoint: string;
  probe: string;
  look: string;
  negotiation: string;
  incident: string;
  events: string[];
  /** Of somebody who looked into a folder there. */
  lookEvent: string;
}

let database: TestDatabase;
let store: Store;
let ofRoutes: OfRoute[];
let ofEndpoints: OfEndpoint[];
let ofPartners: { partner: string; events: string[] }[];
let ofNobody: string[];

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  const [acme] = sampleEndpoints();
  const local = (name: string): LocalEndpoint => ({
    name,
    protocol: 'local',
    root: `/srv/${name}`,
    maxSessions: 8,
  });
  const schedule = {
    cron: '0 2 * * *',
    timezone: 'UTC',
    onHoliday: 'skip',
    misfire: 'run_once',
    overlap: 'skip',
  } as const;
  const routes = ROUTES.map(([name, from, to]) => {
    const { source, destination } = aRoute(name);
    return aRoute(name, {
      source: { ...source, endpoint: from },
      destination: { ...destination, endpoint: to },
      schedule,
    });
  });
  const endpoints = [
    acme!,
    { ...acme!, name: 'globex-ftps', partner: 'globex' },
    ...['inbox', 'vault', 'spare'].map(local),
  ];
  const configuration = { partners: [{ name: 'acme' }, { name: 'globex' }], endpoints, routes };
  await store.transaction((tx) => applyConfiguration(tx, configuration, { firstFire: () => null }));
  ofRoutes = await Promise.all(ROUTES.map(([name, from, to]) => recordRoute(name, from, to)));
  ofEndpoints = await Promise.all(ENDPOINTS.map(recordEndpoint));
  ofPartners = await Promise.all(
    ['acme', 'globex'].map(async (partner) => ({ partner, events: [await event('partner', partner)] })),
  );
  ofNobody = await Promise.all([
    event('configuration', 'waybill.yaml'),
    event('secret', 'acme-password'),
    event('api_key', randomUUID()),
    event('process', 'worker-1'),
    // Of something that is gone, nobody knows whose it was.
    event('route', 'gone'),
    event('route', randomUUID()),
    event('endpoint', randomUUID()),
  ]);
  const at = new Date();
  const held = { state: 'held', errorCode: 'delivery_in_doubt', finishedAt: at };
  const paused = { pausedAt: at, pausedBy: 'anna', pauseReason: 'For the spec.' };
  await store.db.transfer.updateMany({ data: held });
  await store.db.transferRoute.updateMany({ data: paused });
  await store.db.endpoint.updateMany({ data: { ...paused, loginRefusedAt: at } });
  await store.db.schedule.updateMany({ data: { nextFireAt: at } });
});
afterAll(async () => {
  await store.close();
  await database.stop();
});

let events = 0;
async function event(object: string, objectId: string, about: object = {}, name = 'spec'): Promise<string> {
  const action = `${object}.${name}_${++events}`;
  await store.db.auditEvent.create({
    data: { actorKind: 'system', actorName: 'spec', action, object, objectId, details: {}, ...about },
  });
  return action;
}

async function recordRoute(route: string, from: string, to: string): Promise<OfRoute> {
  const { id: routeId, schedule } = await store.db.transferRoute.findUniqueOrThrow({
    where: { name: route },
    include: { schedule: true },
  });
  const { id: endpointId } = await store.db.endpoint.findUniqueOrThrow({ where: { name: from } });
  const due = { scheduleId: schedule!.id, dueAt: new Date(0), outcome: 'run' };
  const { id: fire } = await store.db.fire.create({ data: due });
  const run = await insertRun(store.db, route, { trigger: 'schedule', fireId: fire });
  const transfer = await insertTransfer(store.db, run, { sourceEndpoint: from, destinationEndpoint: to });
  const { id: attempt } = await store.db.attempt.create({
    data: {
      transferId: transfer,
      number: 1,
      fence: 1,
      worker: 'w',
      transcript: new Uint8Array(gzipSync(route)),
    },
  });
  const { id: negotiation } = await store.db.tlsNegotiation.create({
    data: negotiationColumns({ runId: run, attemptId: attempt, endpointId, endpoint: from }),
  });
  const incident = await anIncident({
    object: 'transfer',
    objectId: transfer,
    runId: run,
    transferId: transfer,
    route,
    endpoint: to,
  });
  const runId = run;
  return {
    ...{ route, run, transfer, attempt, negotiation, fire, incident },
    events: await Promise.all([
      event('run', run, { runId }),
      event('transfer', transfer, { runId, transferId: transfer }),
      event('incident', incident, { runId, transferId: transfer }),
      event('tls_negotiation', negotiation, { runId }),
      event('tls_negotiation', negotiation),
      event('incident', incident),
      event('fire', fire),
      event('schedule', schedule!.id),
      // By the configuration, and by an intervention.
      event('route', route),
      event('route', routeId),
    ]),
  };
}

async function recordEndpoint(endpoint: string): Promise<OfEndpoint> {
  const { id: endpointId } = await store.db.endpoint.findUniqueOrThrow({ where: { name: endpoint } });
  const asked = { endpoint, requestedBy: 'anna' };
  const { id: probe } = await store.db.probe.create({ data: asked });
  const { id: look } = await store.db.look.create({ data: { ...asked, selection: {} } });
  // The doctor's: of no run.
  const { id: negotiation } = await store.db.tlsNegotiation.create({
    data: negotiationColumns({ endpointId, endpoint }),
  });
  const incident = await anIncident({
    kind: 'login_refused',
    object: 'endpoint',
    objectId: endpointId,
    endpoint,
  });
  return {
    ...{ endpoint, probe, look, negotiation, incident },
    events: await Promise.all([
      event('endpoint', endpoint),
      event('endpoint', endpointId),
      event('tls_negotiation', negotiation),
      event('incident', incident),
    ]),
    lookEvent: await event('endpoint', endpoint, {}, 'look'),
  };
}

async function anIncident(about: { object: string; objectId: string; [column: string]: string }) {
  const { id } = await store.db.incident.create({
    data: { kind: 'transfer_held', summary: 'For the spec.', ...about },
  });
  return id;
}

/** Follows the cursor to the end, in pages so small that each has one. */
async function everything<T>(search: (request: { limit: number; cursor?: string }) => Promise<Page<T>>) {
  const found: T[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page<T> = await search({ limit: 2, ...(cursor !== '' && { cursor }) });
    found.push(...page.items);
    cursor = page.nextCursor;
  }
  return found;
}

const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id).sort();

describe.each(cases)('within $name', ({ scope, sees, owns }) => {
  const db = () => store.db;
  const isSeen = ({ route }: OfRoute) => sees.routes.includes(route);
  const isSeenEndpoint = ({ endpoint }: OfEndpoint) => sees.endpoints.includes(endpoint);

  test('lists show what is within it, on all of their pages, and nothing else', async () => {
    const seen = ofRoutes.filter(isSeen);
    const seenEndpoints = ofEndpoints.filter(isSeenEndpoint);
    const all = <T>(search: (db: Store['db'], scope: Scope, request: object) => Promise<Page<T>>) =>
      everything((request) => search(db(), scope, request));
    expect((await all(searchPartners)).map(({ name }) => name)).toEqual(sees.partners);
    expect((await all(searchEndpoints)).map(({ endpoint }) => endpoint.name)).toEqual(sees.endpoints);
    expect((await all(searchRoutes)).map(({ route }) => route.name).sort()).toEqual([...sees.routes].sort());
    expect(ids(await all(searchRuns))).toEqual(seen.map(({ run }) => run).sort());
    expect(ids(await all(searchTransfers))).toEqual(seen.map(({ transfer }) => transfer).sort());
    expect(ids(await all(searchFires))).toEqual(seen.map(({ fire }) => fire).sort());
    expect(ids(await all(searchNegotiations))).toEqual(
      [...seen, ...seenEndpoints].map(({ negotiation }) => negotiation).sort(),
    );
    expect(ids(await all(searchIncidents))).toEqual(
      [...seen, ...seenEndpoints].map(({ incident }) => incident).sort(),
    );
    const told = [
      // In which folder of an inbox of several somebody looked is for none of them.
      ...ofEndpoints.filter(({ endpoint }) => owns.includes(endpoint)).map(({ lookEvent }) => lookEvent),
      ...[...seen, ...seenEndpoints].flatMap((object) => object.events),
      ...ofPartners
        .filter(({ partner }) => sees.partners.includes(partner))
        .flatMap((object) => object.events),
      ...(scope === EVERYTHING ? ofNobody : []),
    ];
    expect((await all(searchEvents)).map(({ action }) => action).sort()).toEqual(told.sort());
  });

  test('an overview counts and shows what is within it, and so do lists of one partner and of what fires next', async () => {
    const seen = ofRoutes.filter(isSeen);
    const [from, until] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 3_600_000)];
    const overview = await readOverview(db(), scope, { from, to: until }, 20);
    expect([overview.runs.queued ?? 0, overview.transfers.held ?? 0]).toEqual([seen.length, seen.length]);
    const routes = [...sees.routes].sort();
    const unsettled = [...seen, ...ofEndpoints.filter(isSeenEndpoint)].map(({ incident }) => incident);
    for (const [{ count, newest }, expected] of [
      [overview.heldTransfers, seen.map(({ transfer }) => transfer)],
      [overview.incidents, unsettled],
      [overview.pausedRoutes, routes],
      [overview.pausedEndpoints, sees.endpoints],
      [overview.refusedLogins, sees.endpoints],
    ] as const) {
      const shown = newest.map((one) => ('id' in one ? one.id : 'name' in one ? one.name : one.endpoint));
      expect([count, shown.sort()]).toEqual([expected.length, expected.toSorted()]);
    }
    const names = (rows: readonly { route: string }[]) => rows.map(({ route }) => route).sort();
    expect(names(await findArmedSchedules(db(), scope, { until, limit: 20 }))).toEqual(routes);
    for (const partner of ['acme', 'globex']) {
      const own = ROUTES.filter((ends) => ends.some((end) => end === `${partner}-ftps`)).map(
        ([name]) => name,
      );
      const expected = routes.filter((name) => own.some((one) => one === name));
      for (const search of [searchRuns, searchFires])
        expect(names((await search(db(), scope, { partner })).items)).toEqual(expected);
    }
  });

  test('an object is found by its id or name where it is within, and is not there where it is not', async () => {
    for (const object of ofRoutes) {
      const { route, run, transfer, attempt, incident } = object;
      const found = {
        route: (await findRoute(db(), scope, route)) !== null,
        use: await mayUseRoute(db(), scope, route),
        run: (await findRun(db(), scope, run)) !== null,
        transfer: (await findTransfer(db(), scope, transfer)) !== null,
        ofStream: (await findTransfersWithin(db(), scope, [transfer])).has(transfer),
        attempts: (await listAttempts(db(), scope, transfer))?.length === 1,
        transcript: (await readTranscript(db(), scope, attempt)) === route,
        incident: (await findIncident(db(), scope, incident)) !== null,
        owned: await ownsIncident(db(), scope, incident),
      };
      expect([route, ...new Set(Object.values(found))]).toEqual([route, isSeen(object)]);
    }
    for (const object of ofEndpoints) {
      const { endpoint, probe, look, incident } = object;
      const found = {
        endpoint: (await findEndpoint(db(), scope, endpoint)) !== null,
        probe: (await findProbe(db(), scope, probe)) !== null,
        lastProbe: (await findLastProbe(db(), scope, endpoint)) !== null,
        incident: (await findIncident(db(), scope, incident)) !== null,
      };
      expect([endpoint, ...new Set(Object.values(found))]).toEqual([endpoint, isSeenEndpoint(object)]);
      // What lies in an inbox of several is for none of them.
      const looked = (await findLook(db(), scope, look)) !== null;
      expect([endpoint, looked]).toEqual([endpoint, await ownsEndpoint(db(), scope, endpoint)]);
    }
    for (const partner of ['acme', 'globex'])
      expect((await findPartner(db(), scope, partner)) !== null).toBe(sees.partners.includes(partner));
  });

  test('filters by what lies outside find nothing', async () => {
    for (const object of ofRoutes.filter((candidate) => !isSeen(candidate))) {
      const { route, run: runId, transfer: transferId, attempt: attemptId } = object;
      const pages = await Promise.all([
        searchRuns(db(), scope, { route }),
        searchTransfers(db(), scope, { runId }),
        searchTransfers(db(), scope, { route }),
        searchNegotiations(db(), scope, { runId }),
        searchNegotiations(db(), scope, { attemptId }),
        searchFires(db(), scope, { route }),
        searchIncidents(db(), scope, { route }),
        searchEvents(db(), scope, { runId }),
        searchEvents(db(), scope, { transferId }),
      ]);
      expect(pages.map(({ items }) => items.length)).toEqual(pages.map(() => 0));
    }
  });

  test('an endpoint is owned only where no route outside depends on it', async () => {
    const owned = [];
    for (const { endpoint, incident } of ofEndpoints) {
      const is = await ownsEndpoint(db(), scope, endpoint);
      expect(await ownsIncident(db(), scope, incident)).toBe(is);
      if (is) owned.push(endpoint);
    }
    expect(owned).toEqual(owns);
  });
});

describe('a route that leads elsewhere now', () => {
  test('keeps the files it has moved from those to whom it leads now', async () => {
    const globex: Scope = { partners: ['globex'], routes: 'all' };
    const { transfer, attempt } = ofRoutes.find(({ route }) => route === 'acme-in')!;
    const { id: sourceEndpointId } = await store.db.endpoint.findUniqueOrThrow({
      where: { name: 'globex-ftps' },
    });
    const before = await store.db.transferRoute.findUniqueOrThrow({ where: { name: 'acme-in' } });
    const lead = (id: string) =>
      store.db.transferRoute.update({ where: { name: 'acme-in' }, data: { sourceEndpointId: id } });
    await lead(sourceEndpointId);
    try {
      expect(await findRoute(store.db, globex, 'acme-in')).not.toBeNull();
      expect(await findTransfer(store.db, globex, transfer)).toBeNull();
      expect(await readTranscript(store.db, globex, attempt)).toBeNull();
      expect(await findTransfer(store.db, EVERYTHING, transfer)).not.toBeNull();
    } finally {
      await lead(before.sourceEndpointId);
    }
  });
});

describe('a cursor', () => {
  test('of one list is refused by another, and one made by hand shows nothing from outside', async () => {
    const scope = SCOPES['one partner']!;
    const { nextCursor } = await searchRuns(store.db, EVERYTHING, { limit: 1 });
    await expect(searchTransfers(store.db, scope, { cursor: nextCursor! })).rejects.toThrow('not one that');
    // Made for another identity: it is a place in time, and no right.
    const { items } = await searchRuns(store.db, scope, { cursor: nextCursor! });
    expect(items.every(({ route }) => route === 'acme-in')).toBe(true);
  });
});
