import 'reflect-metadata';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express, { type Express } from 'express';
import helmet from 'helmet';
import { fullPath, listOperations } from '#contract';
import { loadIdentityKeys } from '#identity';
import { NO_TRACES } from '#telemetry';
import { CONTROLLERS, describeModule } from './api.module.ts';
import type { ApiParts } from './api-parts.ts';
import { serveDashboard } from './dashboard/serve-dashboard.ts';
import { LimitedAdapter } from './http/http-server.ts';
import { operationOf } from './http/operation.ts';
import { RateLimits } from './http/rate-limits.ts';
import { requestGate } from './http/request-gate.ts';
import { traceRequests } from './system/trace-requests.ts';

/** Answers take milliseconds; what is still open after this belongs to a client that does not read. */
const CLOSE_GRACE_MS = 5_000;

/** Where a port open on every address is reached from here. */
const REACHABLE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

export interface Api {
  /** Opens the port; rejects when it is taken. */
  listen(): Promise<void>;
  /** `http://127.0.0.1:8421`, without `/api/v1`. @throws before `listen` */
  readonly url: string;
  /** Takes no more requests, finishes those under way. */
  close(): Promise<void>;
}

export function createApi(parts: ApiParts): Api {
  let app: NestExpressApplication | undefined;
  return {
    async listen() {
      assertComplete();
      app = await makeApp(parts);
      await app.listen(parts.config.apiPort, parts.config.apiHost);
    },
    get url() {
      const address: AddressInfo | string | null = app?.getHttpServer().address() ?? null;
      if (address === null || typeof address === 'string') throw new Error('The api does not listen yet.');
      const host = REACHABLE[address.address] ?? address.address;
      return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
    },
    async close() {
      if (!app) return;
      const server: Server = app.getHttpServer();
      const impatience = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
      server.closeIdleConnections();
      await app.close();
      clearTimeout(impatience);
      app = undefined;
    },
  };
}

async function makeApp(parts: ApiParts): Promise<NestExpressApplication> {
  const router = express();
  // One spelling, one address: before anything is routed, as Express reads both settings only once.
  router.enable('case sensitive routing');
  router.enable('strict routing');
  router.disable('x-powered-by');
  router.disable('etag');
  const limits = new RateLimits(parts.config.http.rates);
  const app = await NestFactory.create<NestExpressApplication>(
    describeModule(
      parts,
      await loadIdentityKeys(parts.config.home, parts.store.db, parts.config.keys),
      limits,
    ),
    new LimitedAdapter(router),
    // Bodies are read after the guard (ReadRequest); what Nest would print, the filter logs.
    { bodyParser: false, logger: false, abortOnError: false },
  );
  const { metrics, config } = parts;
  app.use(requestGate({ log: parts.log.child({ part: 'api' }), metrics, limits, http: config.http }));
  app.use(traceRequests(parts.tracer ?? NO_TRACES));
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
    }),
  );
  if (parts.dashboard) app.use(serveDashboard(parts.dashboard));
  await app.init();
  assertNothingElse(router);
  return app;
}

/** What Express would answer is the table, spelled as there: a handler that came in on another way is found here. */
function assertNothingElse(router: Express): void {
  const registered = router.router.stack.flatMap(({ route }) =>
    (route?.stack ?? []).map(({ method }) => `${method.toUpperCase()} ${route!.path}`),
  );
  const declared = listOperations().map(
    ({ operation }) => `${operation.method} ${fullPath(operation).replace(/\{(\w+)\}/g, ':$1')}`,
  );
  const known = new Set(declared);
  const foreign = registered.filter((route) => !known.has(route));
  const missing = declared.filter((route) => !registered.includes(route));
  if (foreign.length > 0 || missing.length > 0)
    throw new Error(`Routes outside the table: ${foreign.join(', ')}; not there: ${missing.join(', ')}`);
  const hidden = hiddenRoutes(registered);
  if (hidden.length > 0) throw new Error(`Routes that another one answers for: ${hidden.join(', ')}`);
}

/** The first that fits answers: `/runs/:id` in front of `/runs/export` takes it for an id. */
export function hiddenRoutes(registered: readonly string[]): string[] {
  return registered.filter((route, index) =>
    registered
      .slice(0, index)
      .some((earlier) =>
        new RegExp(`^${earlier.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`).test(route),
      ),
  );
}

/** The table and the handlers are the same set, or the api does not start. */
function assertComplete(): void {
  const handled = CONTROLLERS.flatMap((controller) =>
    Object.getOwnPropertyNames(controller.prototype)
      .map((name) => (controller.prototype as unknown as Record<string, unknown>)[name])
      .filter((member) => typeof member === 'function')
      .flatMap((member) => operationOf(member)?.id ?? []),
  );
  const twice = handled.filter((id, index) => handled.indexOf(id) !== index);
  const missing = listOperations().filter(({ id }) => !handled.includes(id));
  if (twice.length > 0 || missing.length > 0)
    throw new Error(
      `Operations without a handler: ${missing.map(({ id }) => id).join(', ')}; with several: ${twice.join(', ')}`,
    );
}
