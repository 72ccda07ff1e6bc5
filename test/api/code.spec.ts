import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '#config';
import { type ParseOptions, parseConfiguration } from '#contract';
import { cronProblem } from '#schedule';
import { expandTemplate, nameParts } from '../../libs/transfer/src/paths.ts';
import { makeReady } from '../support/waybill-process.ts';
import { type BuiltFile, powersOf, reachableFrom } from './support/built-code.ts';

beforeAll(() => makeReady(), 180_000);

const EMBEDDED = {
  // The embedded database's own program, and `ps` for one that a crash has left behind.
  'libs/store/src/postgres-server.js': ['starts programs'],
  'libs/store/src/postgres-orphan.js': ['starts programs'],
};
/** The token of PKCS#11 is a library that the operator names. */
const TOKEN = { 'libs/secrets/src/pkcs11-module.js': ['calls into libraries of the machine'] };

const powers = (files: readonly BuiltFile[]) =>
  Object.fromEntries(
    files.map(({ path, text }) => [path, powersOf(text)] as const).filter(([, list]) => list.length > 0),
  );

describe('what is built (P6)', () => {
  it.each(['api', 'scheduler', 'worker'])('of apps/%s runs nothing, and makes no code of text', (app) => {
    const files = reachableFrom(`apps/${app}/src/index.js`);
    expect(files.length).toBeGreaterThan(60);
    expect(Object.keys(powers(files)).filter((path) => path.startsWith('apps/'))).toEqual([]);
    const { ...found } = powers(files);
    for (const [path, list] of Object.entries({ ...EMBEDDED, ...TOKEN }))
      if (JSON.stringify(found[path]) === JSON.stringify(list)) delete found[path];
    expect(found).toEqual({});
  });

  it('starts nothing from the processes of an installation but the embedded database, which they never have', () => {
    const files = reachableFrom('apps/cli/src/commands/process.js');
    const starting = Object.entries(powers(files)).filter(([, list]) => list.includes('starts programs'));
    expect(starting.map(([path]) => path)).toEqual(Object.keys(EMBEDDED).sort());
  });

  it('starts from `waybill start` only the database and its own lanes', () => {
    const files = reachableFrom('apps/cli/src/main.js');
    const starting = Object.entries(powers(files)).filter(([, list]) => list.includes('starts programs'));
    expect(starting.map(([path]) => path).sort()).toEqual(
      ['apps/cli/src/lanes-process.js', ...Object.keys(EMBEDDED)].sort(),
    );
    // No shell on the way, and the program is this one.
    const lanes = files.find(({ path }) => path === 'apps/cli/src/lanes-process.js')!.text;
    expect(lanes).toContain('spawn(process.execPath,');
    for (const { text } of files) expect(text).not.toMatch(/\bshell:\s*(true|['"`])|(?<![.\w])exec(Sync)?\(/);
  });

  it.each([
    ["import { exec } from 'node:child_process';", 'starts programs'],
    ["const { fork } = await import('child_process');", 'starts programs'],
    ["import vm from 'node:vm';", 'makes code of text'],
    ['const x = eval(text);', 'makes code of text'],
    ['const f = new Function(text);', 'makes code of text'],
    ["const f = Function('return this');", 'makes code of text'],
    ["setTimeout('go()', 1);", 'makes code of text'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is looked for
    ['const x = `${eval(text)}`;', 'makes code of text'],
    ["import { Worker } from 'node:worker_threads';", 'runs other threads'],
    ['await db.$queryRawUnsafe(text);', 'says SQL that was put together'],
  ])('the look finds %s', (text, power) => {
    expect(powersOf(text)).toEqual([power]);
    expect(powersOf(`// ${text}`)).toEqual([]);
  });
});

describe('SQL (P5, row 69)', () => {
  it('is put together nowhere from what somebody says', () => {
    for (const { path, text } of reachableFrom('apps/cli/src/main.js')) {
      if (path.includes('/generated/')) continue;
      expect(text, path).not.toMatch(/RawUnsafe/);
      // Names of tables and columns, from our own lists.
      if (/Prisma\.raw\(/.test(text)) expect(path).toBe('libs/store/src/queries/page.js');
    }
  });
});

describe('configuration (P6)', () => {
  const FILE = {
    apiVersion: 'waybill/v1',
    partners: [{ name: 'acme' }],
    endpoints: [
      {
        name: 'server',
        partner: 'acme',
        protocol: 'ftps',
        host: 'ftp.acme.example',
        username: 'us',
        password: { secret: 'acme' },
        tls: {},
      },
      { name: 'here', protocol: 'local', root: '/srv/here' },
    ],
    routes: [
      {
        name: 'in',
        source: { endpoint: 'server', path: '/out' },
        destination: { endpoint: 'here', path: '/in', name: '{name}' },
        schedule: { cron: '0 * * * *', timezone: 'UTC' },
        verify: { minimum: 'size' },
        afterDelivery: { source: 'keep' },
      },
    ],
  };
  const HOOKS = [
    ...['hook', 'hooks', 'exec', 'command', 'run', 'script', 'shell', 'template', 'transform', 'onSuccess'],
    ...[
      'onFailure',
      'before',
      'after',
      'plugin',
      'require',
      'import',
      'eval',
      '$ref',
      '<<',
      'autorun',
      'watch',
    ],
  ];
  const options: ParseOptions = {
    fileName: 'waybill.json',
    readFile: () => undefined,
    validateCron: cronProblem,
    validateEncoding: () => undefined,
    allowedLegacyPolicies: [],
  };

  /** Each object of the file, by where it stands. */
  function objectsIn(value: unknown, place = ''): [string, Record<string, unknown>][] {
    if (Array.isArray(value)) return value.flatMap((item, index) => objectsIn(item, `${place}[${index}]`));
    if (typeof value !== 'object' || value === null) return [];
    const record = value as Record<string, unknown>;
    return [
      [place, record],
      ...Object.entries(record).flatMap(([key, inner]) => objectsIn(inner, `${place}.${key}`)),
    ];
  }

  it('has no place for anything that runs: every word for it is refused, wherever it stands', () => {
    expect(parse(FILE)).toEqual([]);
    const places = objectsIn(FILE).map(([place]) => place);
    expect(places.length).toBeGreaterThanOrEqual(12);
    for (const place of places)
      for (const word of HOOKS) {
        const copy = structuredClone(FILE);
        objectsIn(copy).find(([at]) => at === place)![1][word] = 'touch /tmp/owned';
        expect(parse(copy).length, `${place}.${word}`).toBeGreaterThan(0);
      }
  });

  it.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: not a template of ours
    '${7*7}',
    '{{7*7}}',
    '<%= 7*7 %>',
    '#{7*7}',
    '{constructor}',
    '{__proto__}',
    '{name.constructor}',
    '$(id)',
    '`id`',
    '| id',
  ])('%j as the name at the destination is refused, or those letters and no others', (name) => {
    const copy = structuredClone(FILE);
    copy.routes[0]!.destination.name = name;
    if (parse(copy).length === 0) expect(expandTemplate(name, nameParts('a.csv'))).toBe(name);
  });

  function parse(file: object): unknown[] {
    const parsed = parseConfiguration(JSON.stringify(file), options);
    return parsed.ok ? [] : parsed.problems;
  }
});

describe('default credentials (K5)', () => {
  const read = (name: string) => readFileSync(join(packageRoot(), name), 'utf8');

  it('stand in no file of the repository', () => {
    const files = execFileSync('git', ['ls-files'], { cwd: packageRoot(), encoding: 'utf8' })
      .trim()
      .split('\n');
    const own = files.filter((path) => !/\.spec\.ts$|\/testing\/|^test\/|^bench\/|package-lock/.test(path));
    expect(own.length).toBeGreaterThan(200);
    for (const path of own) {
      const text = read(path);
      expect(text, path).not.toMatch(/-----BEGIN [A-Z ]*PRIVATE KEY-----\r?\n[A-Za-z0-9+/]{40}/);
      expect(text, path).not.toMatch(/\bwbk_[A-Za-z0-9_-]{43}\b|\bAKIA[0-9A-Z]{16}\b/);
      if (!path.endsWith('.md'))
        expect(text, path).not.toMatch(/:\/\/[\w-]+:(?!\$)[\w-]{3,}@(?!db\b|host\b|cache\b)[\w.-]+/);
    }
  });

  it('are in neither the image nor the compose file: each secret is a file that the operator makes', () => {
    const compose = read('docker-compose.yml');
    const image = read('Dockerfile');
    for (const text of [compose, image]) {
      const given = [
        ...text.matchAll(/^\s*-?\s*([A-Z_]*(PASSWORD|SECRET|KEY|TOKEN|URL)[A-Z_]*)\s*[:=]\s*(\S.*)$/gm),
      ];
      for (const [line, name, , value] of given) {
        if (name === 'WAYBILL_KEY_FILE_READERS') continue;
        expect(name, line).toMatch(/_FILE$/);
        expect(value, line).toMatch(/^\/run\/secrets\//);
      }
      expect(text).not.toMatch(/trust|--no-auth|ALLOW_EMPTY_PASSWORD/);
    }
    expect(compose).toContain('POSTGRES_PASSWORD_FILE: /run/secrets/superuser');
    expect(image).not.toMatch(/^COPY .*(secrets|\.key|\.pem)/m);
    expect(image).toContain('USER waybill');
  });
});
