import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { expect, vi } from 'vitest';
import { OPERATOR, type RecordedRuns, startRecordedRuns } from '#audit/testing';
import type { Actor } from '#domain';
import { Egress, type EgressOptions } from '#egress';
import { SecretValue } from '#secrets';
import { createLogger } from '#telemetry';
import { type CallbackSender, startCallbackSender } from '../src/callback-sender.ts';

export const SECRET = randomBytes(24).toString('base64url');
export const LOOPBACK: EgressOptions = { allow: [{ kind: 'class', addressClass: 'loopback' }], deny: [] };

type CallbackRow = Awaited<ReturnType<RecordedRuns['store']['db']['runCallback']['findUniqueOrThrow']>>;

interface Received {
  path: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

interface SenderOptions {
  egress?: EgressOptions;
  secret?: string | (() => string) | undefined;
  log?: string[];
}

interface WantedRun {
  url?: string;
  route?: string;
  publicOnly?: boolean;
  /** Who asks for it. */
  by?: Actor;
}

/** Runs whose ends are told to a receiver, by as many senders as a test starts. */
export interface CalledReceiver {
  runs: RecordedRuns;
  url: string;
  received: Received[];
  /** What the receiver says, one after the other; the last one for good. */
  answers: number[];
  send(options?: SenderOptions): void;
  closeSenders(): Promise<void>;
  aRun(wanted?: WantedRun): Promise<string>;
  end(runId: string): Promise<unknown>;
  callbackOf(runId: string): Promise<CallbackRow>;
  /** As if the time of the next try had come. */
  hurry(runId: string): Promise<unknown>;
  /** Nobody has it in hands, and it is so. */
  reaches(runId: string, state: string, attempts?: number): Promise<CallbackRow>;
  /** After each test. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

export async function startCalledReceiver(): Promise<CalledReceiver> {
  const runs = await startRecordedRuns();
  const senders: CallbackSender[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    request.on('end', () => {
      called.received.push({ path: request.url, headers: request.headers, body });
      const { answers } = called;
      response.writeHead(answers.length > 1 ? answers.shift()! : answers[0]!, { location: '/other' });
      response.end('x'.repeat(100_000));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const called: CalledReceiver = {
    runs,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=do-not-log`,
    received: [],
    answers: [200],
    send(options = {}) {
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
    },
    async closeSenders() {
      await Promise.all(senders.splice(0).map((sender) => sender.close()));
    },
    async aRun({ url = called.url, route, publicOnly = false, by = OPERATOR } = {}) {
      const { run } = await runs.recorder.createRun({
        routeName: route ?? (await runs.aRoute()),
        trigger: 'api',
        requestedBy: by,
        callback: { url, secret: 'webhook-orders', publicOnly },
      });
      return run.id;
    },
    end: (runId) => runs.recorder.cancelRun(runId, OPERATOR, 'enough'),
    callbackOf: (runId) => runs.store.db.runCallback.findUniqueOrThrow({ where: { runId } }),
    hurry: (runId) =>
      runs.store.db.runCallback.updateMany({
        where: { runId, state: 'due' },
        data: { notBefore: new Date(0) },
      }),
    reaches: (runId, state, attempts) =>
      vi.waitFor(
        async () => {
          const row = await called.callbackOf(runId);
          expect(row).toMatchObject({ state, leaseOwner: null, ...(attempts !== undefined && { attempts }) });
          return row;
        },
        { timeout: 10_000, interval: 20 },
      ),
    async rest() {
      await called.closeSenders();
      called.received = [];
      called.answers = [200];
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await runs.close();
    },
  };
  return called;
}

export const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\nbytes of it';

/** A receiver that answers every request with these bytes and leaves the connection open. */
export async function speaking(bytes: string, use: (url: string) => Promise<void>): Promise<void> {
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
