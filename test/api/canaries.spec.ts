import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { prepareSealingKey } from '#apps/worker';
import { exportConfiguration, listOperations, type Me } from '#contract';
import { codeNow } from '#identity/testing';
import { KeyFile, Keyring } from '#secrets';
import { readConfiguration } from '#store';
import { Metrics, openTracer, type Tracer } from '#telemetry';
import { type Listening, listenToEvents } from '../../apps/api/testing/listen-to-events.ts';
import { json, startTestApi, type TestApi } from '../../apps/api/testing/start-test-api.ts';
import { aLocalEndpoint, aRoute } from '../support/builders.ts';
import { findCanaries, makeCanaries, readTables } from '../support/canaries.ts';
import { type FinishedRun, type Product, startProduct } from '../support/product.ts';
import { type CanaryGround, type CanaryPlace, layOutCanaries } from './support/canary-places.ts';
import { startWatchedRedis, type WatchedRedis } from './support/watched-redis.ts';

/** More of them: WAYBILL_CANARIES=400. */
const COUNT = Number(process.env['WAYBILL_CANARIES'] ?? 40);
const PATIENCE_MS = 120_000 * Math.max(1, COUNT / 40);
const ACTOR = { kind: 'user', name: 'test' } as const;
const ONE_TRY = { maxAttempts: 1, firstDelayMs: 10, factor: 1, maxDelayMs: 10, jitter: 0 };
const PASSWORD = 'correct horse canary battery';

let api: TestApi;
let product: Product;
let ground: CanaryGround;
let redis: WatchedRedis | undefined;
let tracer: Tracer;
let events: Listening;
let receiver: Server;
let collector: Server;
const metrics = new Metrics();
const lines: string[] = [];
const spans: string[] = [];
/** What the api said; what is shown once on purpose is not among it. */
const answers: string[] = [];
/** What the receiver of the call-back was told. */
const told: string[] = [];
/** Of people and programs: made by us, shown once. */
const credentials: string[] = [];
const canaries = makeCanaries(COUNT);

beforeAll(async () => {
  [redis, collector, receiver] = await Promise.all([
    startWatchedRedis(),
    listen((body) => spans.push(body), 200),
    // It knows the secret that the message is signed with, and says it to whoever asks.
    listen((body) => told.push(body), 500, canaries[0]!),
  ]);
  api = await startTestApi({ partners: [{ name: 'acme' }], endpoints: [], routes: [] });
  const keys = await KeyFile.open(join(api.home, 'secrets.key'), { mayCreate: true });
  const keyring = new Keyring({ keys });
  await prepareSealingKey(api.store, keyring, ACTOR);
  ground = await layOutCanaries(canaries, join(api.home, 'partners'));
  tracer = await openTracer({ url: urlOf(collector), service: 'waybill-worker', instance: 'w1' });
  product = await startProduct({
    database: { ...api.database, stop: async () => undefined },
    ...(redis && { queueBackend: { kind: 'redis', url: redis.url } }),
    keyring,
    secrets: ground.environment,
    tracer,
    metrics,
    sweepMs: 200,
    onLogLine: (line) => lines.push(line),
  });
  events = await listenToEvents(`${api.url}/api/v1/events`, api.keys.admin);
  await Promise.all(
    ground.places.filter(({ stored }) => stored).map(({ name, value }) => put(name, { value })),
  );
  await product.apply(
    [aLocalEndpoint('local', product.home), ...ground.places.map(({ endpoint }) => endpoint)],
    ground.places.map(({ name }) =>
      aRoute(
        name,
        { endpoint: name, path: '/out' },
        { endpoint: 'local', path: `/${name}` },
        { retry: ONE_TRY },
      ),
    ),
  );
  for (const { name, kind } of ground.places) if (kind === 'tampered') await tamper(name);
}, 60_000);

afterAll(async () => {
  events?.leave();
  await product?.close();
  await ground?.close();
  await tracer?.close();
  for (const server of [collector, receiver]) {
    server?.closeAllConnections();
    server?.close();
  }
  await api?.close();
  await redis?.stop();
});

async function listen(onBody: (body: string) => void, status: number, said = '{}'): Promise<Server> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part as string;
    onBody(`${JSON.stringify(request.headers)}${body}`);
    response.writeHead(status, said === '{}' ? {} : { 'x-said': encodeURIComponent(said) }).end(said);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function say(method: string, path: string, key: string | undefined, init: RequestInit = {}) {
  const answer = await api.call(method, `/api/v1${path}`, key, init);
  answers.push(`${answer.status} ${JSON.stringify([...answer.headers])} ${answer.text}`);
  return answer;
}

const put = (name: string, body: unknown, key = api.keys.admin) =>
  say('PUT', `/secrets/${name}`, key, json(body));

/** Its row is another one's: what is sealed for one name opens for no other. */
async function tamper(name: string): Promise<void> {
  const { db } = api.store;
  const { ciphertext, nonce, sealedKey } = await db.secret.findUniqueOrThrow({ where: { name: 'place-0' } });
  await db.secret.update({ where: { name }, data: { ciphertext, nonce, sealedKey } });
}

function endOf(run: FinishedRun): string | null {
  return run.state === 'delivered' ? run.state : (run.errorCode ?? run.transfers[0]?.errorCode ?? null);
}

/** Each way in which a secret comes to the api and is turned away. */
async function misuse({ name, kind, value }: CanaryPlace): Promise<void> {
  const { admin, viewer } = api.keys;
  const header = Buffer.from(value)
    .toString('latin1')
    .replace(/[\r\n]/g, '');
  await put(name, { value, [value]: value });
  await put('Not..A Name', { value });
  await put(name, { value }, viewer);
  await put(name, [value]);
  const body = `{"value": "${value.replace(/["\\\r\n\t]/g, '')}`;
  await say('PUT', `/secrets/${name}`, admin, { body, headers: { 'content-type': 'application/json' } });
  await say('PUT', `/secrets/${name}`, admin, { body: value, headers: { 'content-type': 'text/plain' } });
  // A person who types it where a reference or a name belongs.
  const endpoint = {
    name: 'typed',
    partner: 'acme',
    protocol: 'ftps',
    host: 'ftp.acme.example',
    username: 'us',
  };
  await say('POST', '/endpoints', admin, json({ ...endpoint, password: value }));
  await say('POST', '/endpoints', admin, json({ ...endpoint, password: { literal: value } }));
  await say('POST', '/endpoints', admin, json({ ...endpoint, password: { env: value } }));
  // Every tenth: those that follow have to wait.
  if (kind === 'delivered') {
    await say('POST', '/sign-in', undefined, json({ name: value, password: value }));
    await say('POST', '/sign-in', undefined, json({ name: 'ada', password: value, code: value }));
  }
  await say('GET', `/runs?key=${encodeURIComponent(value)}`, admin);
  await say('GET', '/runs', undefined, { headers: { authorization: `Bearer ${header}` } });
  await say('GET', '/runs', undefined, { headers: { authorization: `Basic ${btoa(`us:${header}`)}` } });
  await say('GET', '/runs', undefined, { headers: { cookie: `__Host-waybill=${header}` } });
}

/** A person from the first password to the recovery codes, and a program. */
async function makeCredentials(): Promise<void> {
  const shown = async (method: string, path: string, body: unknown, headers: Record<string, string> = {}) => {
    const init = { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
    const key = path === '/sign-in' || headers['cookie'] ? undefined : api.keys.admin;
    const answer = await api.call(method, `/api/v1${path}`, key, init);
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer;
  };
  const { password } = JSON.parse((await shown('POST', '/users', { name: 'ada', role: 'admin' })).text) as {
    password: string;
  };
  const { key } = JSON.parse((await shown('POST', '/keys', { name: 'program', role: 'viewer' })).text) as {
    key: string;
  };
  const signedIn = await shown('POST', '/sign-in', { name: 'ada', password });
  const cookie = signedIn.headers.get('set-cookie')!.split(';')[0]!;
  const { csrfToken } = (JSON.parse(signedIn.text) as Me).session!;
  const headers = { cookie, origin: api.url, 'x-waybill-csrf': csrfToken };
  await shown('POST', '/me/password', { current: password, next: PASSWORD }, headers);
  const begun = await shown('POST', '/me/second-factor', { password: PASSWORD }, headers);
  const { secret } = JSON.parse(begun.text) as { secret: string };
  const confirm = { code: await codeNow(api.store, secret) };
  const confirmed = await shown('POST', '/me/second-factor/confirm', confirm, headers);
  const { recoveryCodes } = JSON.parse(confirmed.text) as { recoveryCodes: string[] };
  credentials.push(password, PASSWORD, key, cookie.split('=')[1]!, csrfToken, secret, ...recoveryCodes);
  await say(
    'POST',
    '/sign-in',
    undefined,
    json({ name: 'ada', password: PASSWORD, code: recoveryCodes[1]!.slice(1) }),
  );
}

/** Whatever the api shows to an admin who asks for everything. */
async function readEverything(): Promise<void> {
  const { db } = api.store;
  const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
  const places = ground.places.map(({ name }) => name);
  const objects: Record<string, string[]> = {
    partners: ['acme'],
    endpoints: places,
    routes: places,
    runs: ids(await db.run.findMany()),
    transfers: ids(await db.transfer.findMany()),
    attempts: ids(await db.attempt.findMany()),
    incidents: ids(await db.incident.findMany()),
    probes: ids(await db.probe.findMany()),
    looks: ids(await db.look.findMany()),
    users: ['ada'],
  };
  for (const { operation } of listOperations()) {
    if (operation.method !== 'GET' || operation.outsidePrefix) continue;
    const noun = /^\/([\w-]+)\/\{/.exec(operation.path)?.[1];
    for (const object of noun === undefined ? [''] : (objects[noun] ?? []))
      await say('GET', operation.path.replace(/\{\w+\}/, object), api.keys.admin);
  }
  for (const list of [
    'audit/events',
    'configuration/changes',
    'transfers',
    'runs',
    'tls-negotiations',
    'secrets',
  ])
    await say('GET', `/${list}?limit=200`, api.keys.admin);
}

describe(`${COUNT} canaries in ten places (K1)`, () => {
  it(
    'each run that needs one ends as it must, and each partner heard what was its own',
    async () => {
      const runs = await Promise.all(ground.places.map(({ name }) => product.run(name, PATIENCE_MS)));
      expect(runs.map((run, index) => [ground.places[index]!.kind, endOf(run)])).toEqual(
        ground.places.map(({ kind, ends }) => [kind, ends]),
      );
      for (const { kind, value, sim } of ground.places) {
        const heard = sim.commands.filter(({ verb }) => verb === (kind === 'account' ? 'ACCT' : 'PASS'));
        const used = ['delivered', 'refused', 'environment', 'file', 'account'].includes(kind);
        if (used && !/[\r\n]/.test(value)) expect(heard.map(({ argument }) => argument)).toContain(value);
        if (kind === 'untrusted' || kind === 'tampered') expect(heard).toEqual([]);
      }
    },
    PATIENCE_MS,
  );

  it(
    'they are signed with, examined, mistyped, shown to the wrong gate and asked for',
    async () => {
      const route = ground.places[0]!.name;
      const { run } = await product.recorder.createRun({
        routeName: route,
        trigger: 'api',
        requestedBy: ACTOR,
        callback: { url: urlOf(receiver), secret: route },
      });
      await product.queue.ring({ runId: run.id, lane: 0 });
      for (const name of [route, 'place-1', 'place-5'])
        for (const [what, body] of [
          ['probe', {}],
          ['looks', { path: '/', settleMs: 0 }],
        ] as const)
          await say('POST', `/endpoints/${name}/${what}`, api.keys.admin, json(body));
      await makeCredentials();
      for (const place of ground.places) await misuse(place);
      await product.finished(run.id);
      await vi.waitUntil(() => told.length > 0, { timeout: 20_000, interval: 50 });
      await vi.waitUntil(
        async () => {
          const where = { finishedAt: null };
          const { probe, look } = api.store.db;
          return (await probe.count({ where })) + (await look.count({ where })) === 0;
        },
        {
          timeout: 60_000,
          interval: 100,
        },
      );
      await readEverything();
    },
    PATIENCE_MS,
  );

  it('none of them is anywhere else: tables, dialogues, lines, answers, events, traces, metrics, Redis, exports', async () => {
    await tracer.close();
    const { stored, ...sinks } = await collect();
    const everywhere = { ...sinks, tables: stored };
    expect(findCanaries(canaries, everywhere)).toEqual([]);
    // Those of people and programs are as secret; what shows them once was not kept here.
    expect(findCanaries(credentials, everywhere)).toEqual([]);
    const own = [redis?.password, new URL(api.database.appUrl).password].filter((one) => one !== undefined);
    expect(
      findCanaries(
        own.filter((one) => one.length > 0),
        sinks,
      ),
    ).toEqual([]);
    expect(
      findCanaries(
        Object.values(product.database).filter((one) => typeof one === 'string'),
        sinks,
      ),
    ).toEqual([]);
  });

  it('the look was a look: each sink holds what was done, and a canary in any of them is seen', async () => {
    const { stored, ...sinks } = await collect();
    const holds = (sink: string, words: string) => expect(sink.includes(words), words).toBe(true);
    holds(stored, 'PASS ****');
    holds(stored, '407 No, **** is wrong, nor is Basic ****');
    for (const code of new Set(ground.places.map(({ ends }) => ends))) holds(stored, code);
    holds(sinks.log, 'auth_rejected');
    holds(sinks.apiLog, '"part":"api"');
    holds(sinks.answers, 'place-1');
    holds(sinks.answers, '"why":"directory"');
    holds(sinks.events, 'transfer.');
    holds(sinks.traces, '"name":"transfer"');
    holds(sinks.metrics, 'waybill_attempts_total');
    holds(sinks.exports, 'secret: place-1');
    holds(sinks.callback, 'run.finished');
    if (redis) holds(sinks.redis, 'doorbell');
    expect(credentials.length).toBeGreaterThan(8);
    for (const sink of Object.keys(sinks)) {
      const planted = `${sinks[sink as keyof typeof sinks]}${JSON.stringify(canaries.at(-1))}`;
      expect(findCanaries(canaries, { [sink]: planted })).toEqual([{ canary: COUNT - 1, sink }]);
    }
  });

  async function collect() {
    return {
      stored: await readTables(api.superuserUrl),
      log: lines.join(''),
      apiLog: api.logged.join('\n'),
      answers: answers.join('\n'),
      events: JSON.stringify(events.heard),
      traces: spans.join('\n'),
      metrics: `${await metrics.render()}${(await api.call('GET', '/api/v1/metrics', api.keys.admin)).text}`,
      exports: exportConfiguration(await readConfiguration(api.store.db)),
      callback: told.join('\n'),
      redis: redis?.monitor.heard.join('\n') ?? '',
    };
  }
});

it('every product that any test starts is searched when it closes: what it has written down is said then, and not what it is', async () => {
  const secret = makeCanaries(1)[0]!;
  const leaking = await startProduct({ secrets: { LEAKED: secret }, workers: 0, schedulers: 0 });
  await leaking.store.db.partner.create({ data: { name: secret } });
  await expect(leaking.close()).rejects.toThrow(/^A secret of this test stands in: tables$/);
});
