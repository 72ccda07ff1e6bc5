import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { issueCertificate, makeAuthority } from '#apps/partner-sim';
import { OPERATOR, type RecordedRuns, startRecordedRuns } from '#audit/testing';
import { Egress, type EgressOptions, readRule } from '#egress';
import { KeysUnavailable, SecretValue } from '#secrets';
import { createLogger } from '#telemetry';
import { type CallbackSender, startCallbackSender } from './callback-sender.ts';
import { postCallback } from './post-callback.ts';

const SECRET = randomBytes(24).toString('base64url');
const LOOPBACK: EgressOptions = { allow: [{ kind: 'class', addressClass: 'loopback' }], deny: [] };

const TEN = { leaseMs: 60_000, most: 10, mostOfOne: 10, underWay: new Map<string, number>() };

interface Received {
  path: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

let runs: RecordedRuns;
let server: Server;
let url: string;
let received: Received[] = [];
/** What the receiver says, one after the other; the last one for good. */
let answers: number[] = [200];
const senders: CallbackSender[] = [];

beforeAll(async () => {
  runs = await startRecordedRuns();
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    request.on('end', () => {
      received.push({ path: request.url, headers: request.headers, body });
      response.writeHead(answers.length > 1 ? answers.shift()! : answers[0]!, { location: '/other' });
      response.end('x'.repeat(100_000));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=do-not-log`;
});
afterEach(async () => {
  await Promise.all(senders.splice(0).map((sender) => sender.close()));
  received = [];
  answers = [200];
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await runs.close();
});

function send(
  options: { egress?: EgressOptions; secret?: string | (() => string) | undefined; log?: string[] } = {},
): void {
  const { egress = LOOPBACK, log = [] } = options;
  const secret = 'secret' in options ? options.secret : SECRET;
  senders.push(
    startCallbackSender({
      worker: `worker-${senders.length}`,
      store: runs.store,
      recorder: runs.recorder,
      secrets: {
        environment: () => undefined,
        named: async (name) =>
          name === 'webhook-orders' && secret !== undefined
            ? new SecretValue(typeof secret === 'string' ? secret : secret())
            : undefined,
      },
      egress: new Egress(egress),
      log: createLogger({ level: 'debug', format: 'json', write: (line) => void log.push(line) }),
      lookEveryMs: 20,
    }),
  );
}

async function aRun(callbackUrl = url, routeName?: string, publicOnly = false): Promise<string> {
  const { run } = await runs.recorder.createRun({
    routeName: routeName ?? (await runs.aRoute()),
    trigger: 'api',
    requestedBy: OPERATOR,
    callback: { url: callbackUrl, secret: 'webhook-orders', publicOnly },
  });
  return run.id;
}
const end = (runId: string) => runs.recorder.cancelRun(runId, OPERATOR, 'enough');
const callbackOf = (runId: string) => runs.store.db.runCallback.findUniqueOrThrow({ where: { runId } });
/** As if the time of the next try had come. */
const hurry = (runId: string) =>
  runs.store.db.runCallback.updateMany({ where: { runId, state: 'due' }, data: { notBefore: new Date(0) } });
const reaches = (runId: string, state: string, attempts?: number) =>
  vi.waitFor(
    async () => {
      const row = await callbackOf(runId);
      expect(row).toMatchObject({ state, leaseOwner: null, ...(attempts !== undefined && { attempts }) });
      return row;
    },
    { timeout: 10_000, interval: 20 },
  );

describe('the call-back of a run', () => {
  it('is sent once when the run has ended, and signed over id, time and body', async () => {
    const log: string[] = [];
    for (let worker = 0; worker < 3; worker++) send({ log });
    const runId = await aRun();
    expect(await callbackOf(runId)).toMatchObject({ state: 'waiting', attempts: 0 });
    await end(runId);
    const row = await reaches(runId, 'delivered', 1);
    expect(received).toHaveLength(1);
    const [{ path, headers, body }] = received as [Received];
    expect(path).toBe('/hook?key=do-not-log');
    expect(JSON.parse(body)).toMatchObject({
      type: 'run.finished',
      run: { id: runId, state: 'cancelled', finishedAt: expect.any(String) },
    });
    const [id, at] = [headers['webhook-id'], headers['webhook-timestamp']];
    expect(id).toBe(row.messageId);
    expect(Math.abs(Date.now() / 1_000 - Number(at))).toBeLessThan(60);
    const signature = createHmac('sha256', SECRET).update(`${id}.${at}.${body}`).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    const [event] = (await runs.events('run.callback_delivered')).filter(
      ({ objectId }) => objectId === runId,
    );
    expect(event).toMatchObject({ details: { host: new URL(url).host, attempt: 1, status: 200 } });
    const told = (await runs.events('run.requested')).map(({ details }) => JSON.stringify(details));
    for (const sink of [...log, ...told, body]) {
      expect(sink).not.toContain(SECRET);
      expect(sink).not.toContain('do-not-log');
    }
  });

  it('is tried again under the same id, whatever else was answered, and not at once', async () => {
    answers = [500, 302, 404, 204];
    send();
    const runId = await aRun();
    await end(runId);
    for (let tries = 1; tries < 4; tries++) {
      const row = await reaches(runId, 'due', tries);
      expect(row.notBefore!.getTime()).toBeGreaterThan(Date.now() + 5_000);
      await hurry(runId);
    }
    await reaches(runId, 'delivered', 4);
    expect(received.map(({ path }) => path)).toEqual(Array(4).fill('/hook?key=do-not-log'));
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(
      (await runs.events('run.callback_failed')).filter(({ objectId }) => objectId === runId),
    ).toHaveLength(3);
  });

  it('is given up after twelve tries, and at once where nobody wants it any more', async () => {
    answers = [410];
    send();
    const gone = await aRun();
    await end(gone);
    await reaches(gone, 'given_up', 1);
    answers = [503];
    const stubborn = await aRun();
    await end(stubborn);
    await reaches(stubborn, 'due', 1);
    await runs.store.db.runCallback.updateMany({ where: { runId: stubborn }, data: { attempts: 11 } });
    await hurry(stubborn);
    await reaches(stubborn, 'given_up', 12);
    expect(await runs.events('run.callback_given_up')).toHaveLength(2);
  });

  it('waits for its secret, and for a receiver that is away', async () => {
    send({ secret: undefined });
    const runId = await aRun();
    await end(runId);
    expect((await reaches(runId, 'due', 1)).lastError).toBe('secret');
    await senders.pop()!.close();
    send();
    await hurry(runId);
    await reaches(runId, 'delivered', 2);
    const nobody = createServer();
    await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve));
    const { port } = nobody.address() as AddressInfo;
    await new Promise((resolve) => nobody.close(resolve));
    const other = await aRun(`http://127.0.0.1:${port}/`);
    await end(other);
    expect(await reaches(other, 'due', 1)).toMatchObject({ lastStatus: null, lastError: 'unreachable' });
  });

  it('is another message when the run ends anew', async () => {
    send();
    const runId = await aRun();
    await end(runId);
    const first = await reaches(runId, 'delivered', 1);
    await runs.store.db.run.update({ where: { id: runId }, data: { state: 'running', finishedAt: null } });
    await runs.store.db.run.update({
      where: { id: runId },
      data: { state: 'failed', finishedAt: new Date() },
    });
    await vi.waitFor(() => expect(received).toHaveLength(2), { timeout: 10_000 });
    const second = await reaches(runId, 'delivered', 1);
    expect(second.messageId).not.toBe(first.messageId);
    expect(JSON.parse(received[1]!.body)).toMatchObject({ run: { state: 'failed' } });
  });

  it('of a worker that died is sent by another when its lease is over', async () => {
    const runId = await aRun();
    await end(runId);
    const [dead] = await runs.recorder.claimCallbacks('dead', TEN);
    expect(await runs.recorder.claimCallbacks('other', TEN)).toEqual([]);
    const leaseIsOver = () =>
      runs.store.db.runCallback.update({ where: { runId }, data: { leaseUntil: new Date(0) } });
    await leaseIsOver();
    const [alive] = await runs.recorder.claimCallbacks('alive', TEN);
    expect(await runs.recorder.recordCallback(dead!, { status: 200, error: null })).toBe('lost');
    expect(await callbackOf(runId)).toMatchObject({ state: 'due', leaseOwner: 'alive', attempts: 2 });
    await leaseIsOver();
    send();
    await reaches(runId, 'delivered', 3);
    expect(await runs.recorder.recordCallback(alive!, { status: 500, error: null })).toBe('lost');
    expect(await callbackOf(runId)).toMatchObject({ state: 'delivered', lastStatus: 200 });
  });
});

describe('a receiver who was not told', () => {
  /** All tries but the last are over. */
  async function lastTry(runId: string): Promise<void> {
    await end(runId);
    await reaches(runId, 'due', 1);
    await runs.store.db.runCallback.updateMany({ where: { runId }, data: { attempts: 11 } });
    await hurry(runId);
  }
  const incidentsOf = async (runId: string) => {
    const run = await runs.store.db.run.findUniqueOrThrow({ where: { id: runId }, include: { route: true } });
    return runs.incidents({ kind: 'callback_given_up', route: run.route.name });
  };

  it('is an incident of the route and the receiver, which the next message ends that he takes', async () => {
    answers = [503];
    send();
    const first = await aRun();
    await lastTry(first);
    await reaches(first, 'given_up', 12);
    const host = new URL(url).host;
    const [incident, ...others] = await incidentsOf(first);
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ state: 'open', object: 'route', runId: first, occurrences: 1 });
    expect(incident!.summary).toContain(`${host} was not told how a run of ${incident!.route} ended`);
    expect(incident!.summary).toContain('it answered 503, the last of 12 tries');
    expect(incident!.summary).not.toContain('do-not-log');
    const second = await aRun(url, incident!.route!);
    await lastTry(second);
    await reaches(second, 'given_up', 12);
    expect(await incidentsOf(first)).toMatchObject([{ state: 'open', occurrences: 2, runId: second }]);
    // Another receiver of the same route proves nothing.
    const other = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const elsewhere = await aRun(`http://127.0.0.1:${port}/`, incident!.route!);
    await end(elsewhere);
    await reaches(elsewhere, 'delivered', 1);
    other.closeAllConnections();
    other.close();
    expect(await incidentsOf(first)).toMatchObject([{ state: 'open' }]);
    answers = [200];
    const third = await aRun(url, incident!.route!);
    await end(third);
    await reaches(third, 'delivered', 1);
    expect(await incidentsOf(first)).toMatchObject([
      { state: 'resolved', resolution: expect.stringContaining(`was told of run ${third}`) },
    ]);
  });

  it('and said that nobody wants it is no incident', async () => {
    answers = [410];
    send();
    const runId = await aRun();
    await end(runId);
    await reaches(runId, 'given_up', 1);
    expect(await incidentsOf(runId)).toEqual([]);
  });

  it('because the keys of secrets are away has lost no try, and the outage is an incident', async () => {
    const secret = () => {
      throw new KeysUnavailable('The keys are in Vault, and it is sealed.');
    };
    send({ secret });
    const runId = await aRun();
    await end(runId);
    await vi.waitFor(
      async () =>
        expect(await callbackOf(runId)).toMatchObject({
          state: 'due',
          attempts: 0,
          leaseOwner: null,
          lastError: 'secret',
        }),
      { timeout: 10_000, interval: 20 },
    );
    expect((await callbackOf(runId)).notBefore!.getTime()).toBeGreaterThan(Date.now() + 5_000);
    expect(received).toEqual([]);
    expect(await runs.incidents({ kind: 'keys_unavailable' })).toMatchObject([
      { state: 'open', route: null },
    ]);
    expect((await runs.events('run.callback_failed')).filter(({ objectId }) => objectId === runId)).toEqual(
      [],
    );
    await senders.pop()!.close();
    send();
    await hurry(runId);
    await reaches(runId, 'delivered', 1);
  });
});

describe('the egress policy', () => {
  const message = { headers: {}, body: '{}' };
  const never = new AbortController().signal;

  it('is asked about each address, and nothing is sent where it refuses', async () => {
    send({ egress: { allow: [{ kind: 'class', addressClass: 'public' }], deny: [] } });
    const runId = await aRun();
    await end(runId);
    expect((await reaches(runId, 'due', 1)).lastError).toBe('refused_by_policy');
    expect(received).toEqual([]);
  });

  it('lets who is limited reach inside only what it names by its network, and the run tells nobody what was met', async () => {
    const log: string[] = [];
    send({ log });
    const limited = await aRun(url, undefined, true);
    await end(limited);
    expect(await reaches(limited, 'due', 1)).toMatchObject({
      lastStatus: null,
      lastError: 'refused_by_policy',
    });
    expect(received).toEqual([]);
    const [event] = (await runs.events('run.callback_failed')).filter(({ objectId }) => objectId === limited);
    expect(event).toMatchObject({ details: { error: 'refused_by_policy' } });
    expect(JSON.stringify(event!.details)).not.toContain('loopback');
    expect(log.join('')).toContain('a loopback address');
    await senders.pop()!.close();
    const network = readRule('127.0.0.0/8');
    if ('problem' in network) throw new Error(network.problem);
    send({ egress: { allow: [network], deny: [] } });
    await hurry(limited);
    await reaches(limited, 'delivered', 2);
  });

  it('has no name looked up again between its answer and the connection', async () => {
    let asked = 0;
    // Nobody else knows this name: whoever asks the system about it gets nowhere.
    const resolve = async () => (++asked === 1 ? ['127.0.0.1'] : ['192.0.2.1']);
    const egress = new Egress({ ...LOOPBACK, allow: [...LOOPBACK.allow], resolve });
    const { port } = server.address() as AddressInfo;
    const tried = await postCallback(egress, { ...message, url: `http://receiver.invalid:${port}/` }, never);
    expect(tried).toEqual({ status: 200, error: null });
    expect(asked).toBe(1);
  });

  it('does not keep a receiver that says nothing waiting for ever, nor the worker', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const target = { ...message, url: `http://127.0.0.1:${port}/` };
    expect(await postCallback(new Egress(LOOPBACK), target, never, 100)).toEqual({
      status: null,
      error: 'unreachable',
      reason: 'no answer in time',
    });
    silent.closeAllConnections();
    silent.close();
  });
});

describe('a receiver that does not speak as agreed', () => {
  /** Answers every connection with these bytes and closes its side. */
  async function speaking(bytes: string, use: (url: string) => Promise<void>): Promise<void> {
    const sockets = new Set<Socket>();
    const receiver = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write(bytes));
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    try {
      await use(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`);
    } finally {
      for (const socket of sockets) socket.destroy();
      receiver.close();
    }
  }
  const SWITCHING =
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\nbytes of it';
  const never = new AbortController().signal;

  it.each([
    ['switches protocols', SWITCHING, 101],
    ['switches protocols after a hint', `HTTP/1.1 103 Early Hints\r\n\r\n${SWITCHING}`, 101],
    ['says no status', 'no HTTP at all\r\n\r\n', null],
  ])('and %s gets one try, which ends', async (_, bytes, status) => {
    await speaking(bytes, async (at) => {
      const tried = await postCallback(new Egress(LOOPBACK), { url: at, headers: {}, body: '{}' }, never);
      expect(tried).toMatchObject({ status });
    });
  });

  it('stops neither the messages of others nor the shutdown', async () => {
    await speaking(SWITCHING, async (at) => {
      send();
      const switching = await aRun(at);
      await end(switching);
      expect(await reaches(switching, 'due', 1)).toMatchObject({ lastStatus: 101 });
      const other = await aRun();
      await end(other);
      await reaches(other, 'delivered', 1);
      await senders.pop()!.close();
    });
  });
});

describe('receivers that take a message and say nothing', () => {
  /** Holds every request until it is let go. */
  async function tarpit(host: string): Promise<{ url: string; waiting: () => number; close(): void }> {
    let waiting = 0;
    const receiver = createServer(() => void waiting++);
    await new Promise<void>((resolve) => receiver.listen(0, host, resolve));
    return {
      url: `http://${host}:${(receiver.address() as AddressInfo).port}/`,
      waiting: () => waiting,
      close() {
        receiver.closeAllConnections();
        receiver.close();
      },
    };
  }

  it('hold up no other receiver, however many messages wait for them', async () => {
    const slow = await tarpit('127.0.0.2');
    try {
      const route = await runs.aRoute();
      for (let index = 0; index < 30; index++) await end(await aRun(slow.url, route));
      send();
      await vi.waitFor(() => expect(slow.waiting()).toBeGreaterThan(0), { timeout: 10_000, interval: 20 });
      for (let index = 0; index < 10; index++) {
        const quick = await aRun(url, route);
        await end(quick);
        await reaches(quick, 'delivered', 1);
      }
      // Still the first ones: nobody had to wait for the end of a try.
      expect(slow.waiting()).toBe(4);
    } finally {
      slow.close();
    }
  });

  it('take a place each and no more: those of a batch that are done make room for the next', async () => {
    const slow = await Promise.all([tarpit('127.0.0.2'), tarpit('127.0.0.3')]);
    try {
      const route = await runs.aRoute();
      for (const { url: at } of slow)
        for (let index = 0; index < 6; index++) await end(await aRun(at, route));
      const quick = await Promise.all(Array.from({ length: 40 }, () => aRun(url, route)));
      for (const runId of quick) await end(runId);
      send();
      for (const runId of quick) await reaches(runId, 'delivered', 1);
      expect(slow.map(({ waiting }) => waiting())).toEqual([4, 4]);
    } finally {
      for (const each of slow) each.close();
    }
  });
});

describe('over TLS', () => {
  const trusted = getCACertificates('default');
  const authority = makeAuthority({ commonName: 'test' });
  let receiver: TlsServer;
  let target: (name: string) => { url: string; headers: Record<string, string>; body: string };
  const never = new AbortController().signal;
  const egress = new Egress({ ...LOOPBACK, resolve: async () => ['127.0.0.1'] });

  beforeAll(async () => {
    const { certificatePem, privateKeyPem } = issueCertificate(authority, {
      commonName: 'receiver.invalid',
      dnsNames: ['receiver.invalid'],
    });
    receiver = createTlsServer({ cert: certificatePem, key: privateKeyPem }, (_, response) => response.end());
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    target = (name) => ({ url: `https://${name}:${port}/`, headers: {}, body: '{}' });
  });
  afterAll(() => {
    setDefaultCACertificates(trusted);
    receiver.closeAllConnections();
    receiver.close();
  });

  it('nothing is told to a receiver whose certificate nobody trusts, or is for another name', async () => {
    expect((await postCallback(egress, target('receiver.invalid'), never)).reason).toMatch(/CERT|VERIFY/);
    setDefaultCACertificates([...trusted, authority.certificatePem]);
    expect(await postCallback(egress, target('other.invalid'), never)).toEqual({
      status: null,
      error: 'unreachable',
      reason: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect(await postCallback(egress, target('receiver.invalid'), never)).toEqual({
      status: 200,
      error: null,
    });
  });
});
