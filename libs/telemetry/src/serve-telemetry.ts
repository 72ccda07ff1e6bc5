import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';

export interface TelemetryServer {
  /** `http://127.0.0.1:9464` */
  url: string;
  close(): Promise<void>;
}

const DEADLINE_MS = 10_000;

/**
 * Metrics and health of a process that has no port otherwise: `/metrics`, `/health/live`, `/health/ready`. Whoever reaches
 * the port may read it, so it is opened on loopback unless somebody says otherwise, and tells reasons there only.
 */
export async function serveTelemetry({
  host,
  port,
  metrics,
  health,
}: {
  host: string;
  port: number;
  metrics: Metrics;
  health: Health;
}): Promise<TelemetryServer> {
  const server = createServer((request, response) => {
    const path = request.method === 'GET' ? request.url : undefined;
    const answer =
      path === '/metrics'
        ? metrics
            .render()
            .then((text) => send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', text))
        : path === '/health/live'
          ? Promise.resolve(sendJson(response, 200, { status: 'live' }))
          : path === '/health/ready'
            ? tellReadiness(response, health, isLoopback(request.socket.remoteAddress))
            : Promise.resolve(send(response, 404, 'text/plain', 'Not found\n'));
    answer.catch(() => send(response, 500, 'text/plain', 'Internal error\n'));
  });
  server.requestTimeout = DEADLINE_MS;
  server.headersTimeout = DEADLINE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => resolve());
  });
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    async close() {
      server.closeIdleConnections();
      const closed = new Promise((resolve) => server.close(resolve));
      const impatience = setTimeout(() => server.closeAllConnections(), 1_000);
      await closed;
      clearTimeout(impatience);
    },
  };
}

async function tellReadiness(response: ServerResponse, health: Health, told: boolean): Promise<void> {
  const { ok, degraded, checks } = await health.report();
  const shown = Object.entries(checks).map(([name, check]) => [name, told ? check : { ok: check.ok }]);
  sendJson(response, ok ? 200 : 503, {
    status: ok ? (degraded ? 'degraded' : 'ready') : 'not_ready',
    checks: Object.fromEntries(shown),
  });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, 'application/json', JSON.stringify(body));
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response
    .writeHead(status, { 'content-type': type, 'cache-control': 'no-store', connection: 'close' })
    .end(text);
}

function isLoopback(address: string | undefined): boolean {
  return /^(127\.|::1$|::ffff:127\.)/.test(address ?? '');
}
