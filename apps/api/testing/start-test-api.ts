import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodingProblem } from '#apps/worker';
import { RunRecorder } from '#audit';
import { type Environment, type HttpConfig, readConfig } from '#config';
import { type ConfigurationRules, ConfigurationService } from '#configuration';
import { OPERATIONS, type OperationId, type Problem, problemSchema, ROLES, type Role } from '#contract';
import { Egress, USUAL_RULES } from '#egress';
import { createApiKey, type IdentityKeys, loadIdentityKeys } from '#identity';
import { applyConfiguration, openStore, type Store, type StoredConfiguration } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { createLogger, Health, type Logger, Metrics } from '#telemetry';
import { assertNothingLeaked } from '../../../test/support/canaries.ts';
import { type ApiParts, createApi } from '../src/index.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

export interface TestApi {
  url: string;
  home: string;
  http: HttpConfig;
  config: ApiParts['config'];
  store: Store;
  configuration: ConfigurationService;
  egress: Egress;
  /** For looking at everything there is, whoever may see it. */
  superuserUrl: string;
  /** Stopped with the api: for other parts of the product beside it. */
  database: TestDatabase;
  recorder: RunRecorder;
  health: Health;
  /** API keys, one for each role, reaching everything. */
  keys: Record<Role, string>;
  identityKeys: IdentityKeys;
  /** Every doorbell so far. */
  rung: { runId: string; lane: number }[];
  logged: string[];
  log: Logger;
  /** Takes the database away; only `close` may follow. */
  stopDatabase(): Promise<void>;
  /** undefined as key: anonymous. */
  call(method: string, path: string, key?: string, init?: RequestInit): Promise<Answer>;
  /** Calls a row of the table and checks the answer by its schema. */
  ask<Id extends OperationId>(id: Id, path: string, key?: string, init?: RequestInit): Promise<unknown>;
  close(): Promise<void>;
}

/** Every name is somewhere on the internet, but for this machine's own. */
const RESOLVED = async (name: string) => [name === 'localhost' ? '127.0.0.1' : '8.8.8.8'];
const ACTOR = { kind: 'user', name: 'test' } as const;

/** Specs ask faster than any program should. */
const BOUNDLESS = { perSecond: 1e9, burst: 1e9 };
const NO_RATES = { perIdentity: BOUNDLESS, perAddress: BOUNDLESS };

/** The api on a port of its own, a real database below it; only the queue is a list. */
export async function startTestApi(
  configuration: StoredConfiguration,
  {
    rates = NO_RATES,
    trustedProxies = [],
    publicUrl,
    statementMs,
    streams = {},
    rules = {},
    environment = {},
    oidc,
    dashboard,
  }: Partial<HttpConfig> &
    Pick<ApiParts, 'streams' | 'oidc' | 'dashboard'> & {
      rules?: Partial<ConfigurationRules>;
      statementMs?: number;
      /** What the process was told, as far as it only shows it. */
      environment?: Environment;
    } = {},
): Promise<TestApi> {
  const home = await mkdtemp(join(tmpdir(), 'waybill-api-'));
  const database = await startTestDatabase();
  const store = await openStore({ url: database.appUrl, ...(statementMs !== undefined && { statementMs }) });
  let databaseStopped: Promise<void> | undefined;
  const stopDatabase = () => (databaseStopped ??= database.stop());
  const recorder = new RunRecorder(store);
  const service = new ConfigurationService(store, {
    validateEncoding: encodingProblem,
    allowedLegacyPolicies: [],
    fourEyes: false,
    ...rules,
  });
  const egress = new Egress({ allow: USUAL_RULES, deny: [], resolve: RESOLVED });
  const health = new Health();
  const rung: TestApi['rung'] = [];
  const logged: string[] = [];
  const log = createLogger({ level: 'debug', format: 'json', write: (line) => void logged.push(line) });
  const http: HttpConfig = { rates, trustedProxies, publicUrl };
  const config = {
    ...readConfig({ ...environment, WAYBILL_HOME: home }),
    apiHost: '127.0.0.1',
    apiPort: 0,
    http,
  };
  const api = createApi({
    config,
    store,
    configuration: service,
    egress,
    recorder,
    queue: { ring: async ({ runId, lane }) => void rung.push({ runId, lane }) },
    log,
    streams,
    metrics: new Metrics(),
    health,
    oidc,
    dashboard,
  });
  await store.transaction((tx) => applyConfiguration(tx, configuration, { firstFire: () => null }));
  const identityKeys = await loadIdentityKeys(home, store.db);
  const keys = {} as Record<Role, string>;
  for (const role of ROLES)
    keys[role] = (await createApiKey(store, identityKeys, { name: role, role, actor: ACTOR })).key;
  await api.listen();
  const call: TestApi['call'] = async (method, path, key, init = {}) => {
    const response = await fetch(`${api.url}${path}`, {
      ...init,
      method,
      redirect: 'manual',
      headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...init.headers },
    });
    return { status: response.status, headers: response.headers, text: await textOf(response) };
  };
  return {
    url: api.url,
    home,
    http,
    config,
    store,
    configuration: service,
    egress,
    superuserUrl: database.superuserUrl,
    database: { ...database, stop: stopDatabase },
    recorder,
    health,
    keys,
    identityKeys,
    rung,
    logged,
    log,
    stopDatabase,
    call,
    async ask(id, path, key = keys.admin, init = {}) {
      const { method, success } = OPERATIONS[id];
      const answer = await call(method, `/api/v1${path}`, key, init);
      if (answer.status !== success.status)
        throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      return 'schema' in success ? success.schema.parse(JSON.parse(answer.text)) : answer.text;
    },
    async close() {
      await api.close();
      await store.close();
      try {
        if (!databaseStopped)
          await assertNothingLeaked(Object.values(keys), database.superuserUrl, { log: logged.join('\n') });
      } finally {
        await stopDatabase();
      }
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** An event stream has no end of its own: it is left as soon as it has begun. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text();
  await response.body?.cancel();
  return '';
}

/** The answer as problem details; throws when it is anything else. */
export function problemOf(answer: Answer): Problem {
  const type = answer.headers.get('content-type');
  if (!type?.startsWith('application/problem+json'))
    throw new Error(`${answer.status} ${type}: ${answer.text}`);
  const problem = problemSchema.parse(JSON.parse(answer.text));
  if (problem.status !== answer.status) throw new Error(`status ${answer.status}, but ${answer.text}`);
  return problem;
}

export function json(body: unknown): RequestInit {
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}
