import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { LEGACY_POLICIES, type LegacyPolicy } from '#domain';
import { type EgressLists, type EgressRule, readRule, USUAL_RULES } from '#egress';
import { HTTP_SCHEMA, type HttpConfig, httpConfigOf, httpProblems } from './http-config.ts';
import { KEY_SCHEMA, type KeyConfig, keyConfigOf, keyFilesOf, keyProblems } from './key-config.ts';
import { LOCAL_ROOTS_SCHEMA, type LocalRootsConfig, localRootsConfigOf } from './local-roots-config.ts';
import { OIDC_SCHEMA, type OidcConfig, oidcConfigOf, oidcProblems } from './oidc-config.ts';
import { packageRoot } from './package-root.ts';
import { RETENTION_SCHEMA, type RetentionConfig, retentionConfigOf } from './retention-config.ts';
import { wholeNumber } from './whole-number.ts';

/** What the process was told by its environment; checked once, at boot. */
export interface Config {
  /** Everything that an embedded installation keeps: database, keys, demo. */
  home: string;
  /** Where the keys are that wrap the installation's key pair. */
  keys: KeyConfig;
  /** `embedded`: own PostgreSQL below `home`. `services`: DATABASE_URL. */
  mode: 'embedded' | 'services';
  /** The app role's connection. */
  databaseUrl: string | undefined;
  /** The owner role's connection; only `waybill migrate` uses it. */
  databaseOwnerUrl: string | undefined;
  /** Redis for the queue; without it the queue runs on Postgres. */
  redisUrl: string | undefined;
  apiHost: string;
  apiPort: number;
  http: HttpConfig;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  worker: {
    name: string;
    lanes: number;
    leaseMs: number;
    gracePeriodMs: number;
    /** It takes the runs of routes that demand one of these, besides those that demand none. */
    tags: readonly string[];
  };
  scheduler: { sweepMs: number };
  /** When a scheduler throws away what nobody needs any more. */
  retention: RetentionConfig;
  /** Where a worker or scheduler shows its metrics and health; undefined: nowhere. */
  telemetry: { host: string; port: number } | undefined;
  /** Where traces go (OTLP over HTTP); undefined: there are none. */
  tracesUrl: string | undefined;
  /** Kept fresh while this process is ready for work; for orchestrators of processes without a port. */
  readyFile: string | undefined;
  /** Ways of an older time that this installation allows, each by its name; none by default. */
  allowedLegacyPolicies: readonly LegacyPolicy[];
  /** What decides whom is trusted, where connections go and as whom, takes a second person. */
  fourEyes: boolean;
  /** Requests may name environment variables and files of the workers as secrets, as a configuration file may. */
  restLocalReferences: boolean;
  /** Which folders of this machine `local` endpoints may have. */
  localRoots: LocalRootsConfig;
  /** Where connections to partners, their proxies and webhooks may go. */
  egress: EgressLists;
  /** undefined: persons sign in with a password. */
  oidc: OidcConfig | undefined;
}

/** What is wrong with the environment, one line each; never a value. */
export class ConfigProblem extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
    this.name = 'ConfigProblem';
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

const url = (...protocols: string[]) =>
  z
    .string()
    .refine((text) => protocols.some((protocol) => text.startsWith(`${protocol}://`)) && URL.canParse(text), {
      message: `must be a URL beginning with ${protocols.join(':// or ')}://`,
    });

/** `plain_ftp,clear_data`; which name is wrong is told by its position. */
const legacyPolicies = z.string().transform((list, context) => {
  const names = list.split(',').map((name) => name.trim());
  const known = names.map((name) => LEGACY_POLICIES.find((policy) => policy === name));
  names.forEach((name, index) => {
    if (name === '' || known[index] !== undefined) return;
    context.addIssue(
      `name ${index + 1} is not a legacy policy; there are ${LEGACY_POLICIES.join(', ')}, separated by commas`,
    );
  });
  return known.filter((policy) => policy !== undefined);
});

/** `public,10.1.0.0/16,*.partner.example:990`; which one is wrong is told by its position. */
const egressRules = z.string().transform((list, context) =>
  list.split(',').flatMap((item, index): EgressRule[] => {
    const rule = readRule(item.trim());
    if (!('problem' in rule)) return [rule];
    context.addIssue(`item ${index + 1} ${rule.problem}`);
    return [];
  }),
);

const onOrOff = z.enum(['on', 'off'], 'must be on or off').default('off');

/** `dmz,mainframe`; which one is wrong is told by its position. */
const workerTags = z.string().transform((list, context) => {
  const tags = list.split(',').map((tag) => tag.trim());
  tags.forEach((tag, index) => {
    if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(tag)) return;
    context.addIssue(`tag ${index + 1} is not a name of letters, digits, dots, dashes, underscores`);
  });
  return [...new Set(tags)];
});

const SCHEMA = z.object({
  WAYBILL_HOME: z.string().min(1).optional(),
  ...KEY_SCHEMA,
  ...OIDC_SCHEMA,
  ...RETENTION_SCHEMA,
  ...HTTP_SCHEMA,
  ...LOCAL_ROOTS_SCHEMA,
  DATABASE_URL: url('postgres', 'postgresql').optional(),
  DATABASE_OWNER_URL: url('postgres', 'postgresql').optional(),
  REDIS_URL: url('redis', 'rediss').optional(),
  WAYBILL_HOST: z.string().min(1).default('127.0.0.1'),
  WAYBILL_PORT: wholeNumber(0, 65_535).default(8421),
  WAYBILL_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  WAYBILL_WORKER_NAME: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, dashes')
    .optional(),
  WAYBILL_WORKER_LANES: wholeNumber(1, 64).default(8),
  WAYBILL_WORKER_TAGS: workerTags.default([]),
  WAYBILL_LEASE_MS: wholeNumber(1_000, 600_000).default(30_000),
  WAYBILL_GRACE_PERIOD_MS: wholeNumber(0, 3_600_000).default(25_000),
  WAYBILL_SWEEP_MS: wholeNumber(500, 600_000).default(15_000),
  WAYBILL_METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  WAYBILL_METRICS_PORT: wholeNumber(0, 65_535).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http', 'https').optional(),
  WAYBILL_READY_FILE: z.string().min(1).optional(),
  WAYBILL_ALLOW_LEGACY: legacyPolicies.default([]),
  WAYBILL_FOUR_EYES: onOrOff,
  WAYBILL_REST_LOCAL_REFERENCES: onOrOff,
  WAYBILL_EGRESS_ALLOW: egressRules.default([...USUAL_RULES]),
  WAYBILL_EGRESS_DENY: egressRules.default([]),
});

const LOOPBACK: EgressRule = { kind: 'class', addressClass: 'loopback' };

/** Those may also be given as NAME_FILE, the path of a file that holds the value (compose and Kubernetes secrets). */
const FROM_FILES = ['DATABASE_URL', 'DATABASE_OWNER_URL', 'REDIS_URL', 'WAYBILL_OIDC_CLIENT_SECRET'] as const;

/** What a command line says beside the environment. */
export interface ConfigOverrides {
  home?: string;
  port?: number;
  /** A demo partner on this machine: loopback is allowed besides. */
  demo?: boolean;
}

/** @throws ConfigProblem with one line for each thing that is wrong. */
export function readConfig(environment: Environment = process.env, overrides: ConfigOverrides = {}): Config {
  const problems: string[] = [];
  const given = readFiles(environment, problems);
  const parsed = SCHEMA.safeParse(given);
  if (!parsed.success)
    problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  if (given['REDIS_URL'] !== undefined && given['DATABASE_URL'] === undefined) {
    problems.push(
      'REDIS_URL: needs DATABASE_URL as well; Redis is only the doorbell, Postgres holds the truth',
    );
  }
  if (parsed.success)
    problems.push(...keyProblems(parsed.data), ...oidcProblems(parsed.data), ...httpProblems(parsed.data));
  if (!parsed.success || problems.length > 0) throw new ConfigProblem(problems);
  const values = parsed.data;
  const home = resolve(overrides.home ?? values.WAYBILL_HOME ?? join(process.cwd(), '.waybill'));
  const keys = keyConfigOf(values, join(home, 'secrets.key'));
  return {
    home,
    keys,
    localRoots: localRootsConfigOf(values, {
      home,
      own: [packageRoot(), keys.file, ...keyFilesOf(values), ...valueFilesOf(environment)],
      demo: overrides.demo,
    }),
    oidc: oidcConfigOf(values),
    mode: values.DATABASE_URL === undefined ? 'embedded' : 'services',
    databaseUrl: values.DATABASE_URL,
    databaseOwnerUrl: values.DATABASE_OWNER_URL,
    redisUrl: values.REDIS_URL,
    apiHost: values.WAYBILL_HOST,
    apiPort: overrides.port ?? values.WAYBILL_PORT,
    http: httpConfigOf(values),
    logLevel: values.WAYBILL_LOG_LEVEL,
    worker: {
      // Never the same twice: a restarted worker must not be taken for the one that held its leases.
      name: `${values.WAYBILL_WORKER_NAME ?? hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`,
      lanes: values.WAYBILL_WORKER_LANES,
      leaseMs: values.WAYBILL_LEASE_MS,
      gracePeriodMs: values.WAYBILL_GRACE_PERIOD_MS,
      tags: values.WAYBILL_WORKER_TAGS,
    },
    scheduler: { sweepMs: values.WAYBILL_SWEEP_MS },
    retention: retentionConfigOf(values),
    telemetry:
      values.WAYBILL_METRICS_PORT === undefined
        ? undefined
        : { host: values.WAYBILL_METRICS_HOST, port: values.WAYBILL_METRICS_PORT },
    tracesUrl: values.OTEL_EXPORTER_OTLP_ENDPOINT,
    readyFile: values.WAYBILL_READY_FILE === undefined ? undefined : resolve(values.WAYBILL_READY_FILE),
    allowedLegacyPolicies: values.WAYBILL_ALLOW_LEGACY,
    fourEyes: values.WAYBILL_FOUR_EYES === 'on',
    restLocalReferences: values.WAYBILL_REST_LOCAL_REFERENCES === 'on',
    egress: {
      allow: [...values.WAYBILL_EGRESS_ALLOW, ...(overrides.demo ? [LOOPBACK] : [])],
      deny: values.WAYBILL_EGRESS_DENY,
    },
  };
}

/** Where the values lie that are read from files. */
function valueFilesOf(environment: Environment): string[] {
  return FROM_FILES.flatMap((name) => environment[`${name}_FILE`] ?? []).map((path) => resolve(path));
}

function readFiles(environment: Environment, problems: string[]): Environment {
  const read: Record<string, string | undefined> = { ...environment };
  for (const name of FROM_FILES) {
    const path = environment[`${name}_FILE`];
    if (path === undefined) continue;
    if (environment[name] !== undefined)
      problems.push(`${name}: set either ${name} or ${name}_FILE, not both`);
    try {
      read[name] = readFileSync(path, 'utf8').trim();
    } catch (error) {
      problems.push(`${name}_FILE: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
  }
  return read;
}

/** The value of an `{env: NAME}` reference; this room is the only reader of process.env. */
export function environmentSecret(name: string): string | undefined {
  return process.env[name];
}
