import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ConfigProblem, readConfig } from './config.ts';
import { nodeVersionProblem } from './node-floor.ts';
import { packageRoot } from './package-root.ts';

const folder = mkdtempSync(join(tmpdir(), 'waybill-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigProblem);
    return (error as ConfigProblem).problems;
  }
}

it('runs embedded on loopback when nothing is set', () => {
  expect(readConfig({})).toMatchObject({
    mode: 'embedded',
    apiHost: '127.0.0.1',
    apiPort: 8421,
    redisUrl: undefined,
  });
});

it('names every wrong variable and never its value', () => {
  const problems = problemsOf({
    DATABASE_URL: 'mysql://waybill:hunter2@db',
    WAYBILL_PORT: 'eighty-hunter2',
    WAYBILL_LOG_LEVEL: 'loud-hunter2',
  });
  expect(problems.map((line) => line.split(':')[0])).toEqual([
    'DATABASE_URL',
    'WAYBILL_PORT',
    'WAYBILL_LOG_LEVEL',
  ]);
  expect(problems.join()).not.toContain('hunter2');
});

it('refuses Redis without Postgres, however it is given', () => {
  writeFileSync(join(folder, 'redis'), 'redis://localhost\n');
  for (const given of [{ REDIS_URL: 'redis://localhost' }, { REDIS_URL_FILE: join(folder, 'redis') }])
    expect(problemsOf(given)).toEqual([expect.stringContaining('needs DATABASE_URL')]);
});

it('does not take an empty DATABASE_URL for "embedded"', () => {
  writeFileSync(join(folder, 'empty'), '\n');
  for (const given of [{ DATABASE_URL: '' }, { DATABASE_URL_FILE: join(folder, 'empty') }])
    expect(problemsOf(given)).toEqual([expect.stringContaining('DATABASE_URL: must be a URL')]);
});

it('reads secrets from files, and says which file it cannot read', () => {
  writeFileSync(join(folder, 'url'), 'postgresql://app:s3cret@db/waybill\n');
  expect(readConfig({ DATABASE_URL_FILE: join(folder, 'url') })).toMatchObject({
    mode: 'services',
    databaseUrl: 'postgresql://app:s3cret@db/waybill',
  });
  expect(problemsOf({ DATABASE_URL_FILE: '/nowhere/url' })).toEqual([
    'DATABASE_URL_FILE: /nowhere/url cannot be read (ENOENT)',
  ]);
});

it('reads the tags of a worker, and says which of them is no name', () => {
  expect(readConfig({}).worker.tags).toEqual([]);
  expect(readConfig({ WAYBILL_WORKER_TAGS: 'dmz, mainframe,dmz' }).worker.tags).toEqual(['dmz', 'mainframe']);
  for (const [tags, position] of [
    ['', 1],
    ['dmz,', 2],
    ['dmz,a:b', 2],
    ['in house', 1],
  ] as const)
    expect(problemsOf({ WAYBILL_WORKER_TAGS: tags })).toEqual([
      expect.stringContaining(`WAYBILL_WORKER_TAGS: tag ${position} is not a name`),
    ]);
});

it('allows no legacy policy unless it is named', () => {
  expect(readConfig({}).allowedLegacyPolicies).toEqual([]);
  expect(readConfig({ WAYBILL_ALLOW_LEGACY: '' }).allowedLegacyPolicies).toEqual([]);
  expect(readConfig({ WAYBILL_ALLOW_LEGACY: 'plain_ftp, clear_data,' }).allowedLegacyPolicies).toEqual([
    'plain_ftp',
    'clear_data',
  ]);
});

it('refuses a legacy policy of another name, with the names there are', () => {
  expect(problemsOf({ WAYBILL_ALLOW_LEGACY: 'plain_ftp,plainftp,all' })).toEqual([
    expect.stringMatching(
      /^WAYBILL_ALLOW_LEGACY: name 2 is not a legacy policy; there are plain_ftp, clear_data, /,
    ),
    expect.stringMatching(/^WAYBILL_ALLOW_LEGACY: name 3 is not a legacy policy/),
  ]);
});

const loopback = { kind: 'class', addressClass: 'loopback' };

it('lets connections go to partners, and allows this machine for the demo alone', () => {
  const usual = [
    { kind: 'class', addressClass: 'public' },
    { kind: 'class', addressClass: 'private' },
  ];
  expect(readConfig({}).egress).toEqual({ allow: usual, deny: [] });
  expect(readConfig({}, { demo: true }).egress).toEqual({ allow: [...usual, loopback], deny: [] });
});

it('reads where connections may go, and replaces the usual list', () => {
  const { egress } = readConfig({
    WAYBILL_EGRESS_ALLOW: '10.1.0.0/16:990, *.partner.example,loopback',
    WAYBILL_EGRESS_DENY: '[2001:db8::7]:21-22',
  });
  expect(egress.allow).toMatchObject([
    { kind: 'network', ports: { first: 990, last: 990 } },
    { kind: 'name', name: 'partner.example', wildcard: true },
    loopback,
  ]);
  expect(egress.deny).toMatchObject([{ kind: 'network', ports: { first: 21, last: 22 } }]);
});

it.each([
  ['WAYBILL_EGRESS_ALLOW', '', 'item 1 '],
  ['WAYBILL_EGRESS_ALLOW', 'public,,private', 'item 2 '],
  ['WAYBILL_EGRESS_ALLOW', '10.1.2.3/8', 'item 1 has bits set beyond its prefix of 8'],
  ['WAYBILL_EGRESS_DENY', 'public,private,hunter2 hunter2', 'item 3 is not a network'],
  ['WAYBILL_EGRESS_DENY', 'hunter2:0', 'item 1 has a port that is none'],
])('says which item of %s=%j is wrong, and not what it says', (name, list, sentence) => {
  const problems = problemsOf({ [name]: list });
  expect(problems).toEqual([expect.stringContaining(`${name}: ${sentence}`)]);
  expect(problems.join()).not.toContain('hunter2');
});

it('takes four eyes where they are switched on, and no other word for it', () => {
  expect(readConfig({}).fourEyes).toBe(false);
  expect(readConfig({ WAYBILL_FOUR_EYES: 'on' }).fourEyes).toBe(true);
  expect(problemsOf({ WAYBILL_FOUR_EYES: 'true' })).toEqual(['WAYBILL_FOUR_EYES: must be on or off']);
});

it('keeps endpoints out of its own folders, and requests in those for files', () => {
  const { own, folders, open, bindsFiles } = readConfig({ WAYBILL_HOME: '/data/waybill' }).localRoots;
  expect(own).toEqual(['/data/waybill', packageRoot(), '/data/waybill/secrets.key']);
  expect(folders).toEqual(['/data/waybill/files']);
  expect(open).toEqual(['/data/waybill/files']);
  expect(bindsFiles).toBe(false);
  const named = readConfig({ WAYBILL_LOCAL_ROOTS: '/srv/a, /mnt/b' }).localRoots;
  expect(named).toMatchObject({ folders: ['/srv/a', '/mnt/b'], bindsFiles: true });
  const demo = readConfig({ WAYBILL_HOME: '/data', WAYBILL_LOCAL_ROOTS: '/srv' }, { demo: true }).localRoots;
  expect(demo.open).toEqual(['/data/files', '/data/demo/inbox', '/data/demo/outbox']);
  expect(demo.folders).toEqual(['/srv', '/data/demo/inbox', '/data/demo/outbox']);
  expect(problemsOf({ WAYBILL_LOCAL_ROOTS: '/srv/a,inbox' })).toEqual([
    'WAYBILL_LOCAL_ROOTS: item 2 must be an absolute path',
  ]);
});

it('takes each file of keys, pins, tokens and addresses for its own', () => {
  const addressFile = join(folder, 'database-address');
  writeFileSync(addressFile, 'postgresql://waybill@127.0.0.1/waybill\n');
  const { own } = readConfig({
    WAYBILL_HOME: '/data',
    DATABASE_URL_FILE: addressFile,
    VAULT_TOKEN_FILE: '/run/secrets/vault-token',
    VAULT_CACERT: '/etc/vault/ca.pem',
    WAYBILL_PKCS11_PIN_FILE: '/run/secrets/pin',
    WAYBILL_PKCS11_MODULE: '/usr/lib/softhsm/libsofthsm2.so',
    WAYBILL_PKCS11_TOKEN: 'waybill',
    WAYBILL_PKCS11_KEY: 'kek',
  }).localRoots;
  expect(own).toEqual([
    '/data',
    packageRoot(),
    '/data/secrets.key',
    '/run/secrets/vault-token',
    '/etc/vault/ca.pem',
    '/run/secrets/pin',
    '/usr/lib/softhsm/libsofthsm2.so',
    addressFile,
  ]);
});

it('lets requests name no variable and no file of the workers unless somebody says so', () => {
  expect(readConfig({}).restLocalReferences).toBe(false);
  expect(readConfig({ WAYBILL_REST_LOCAL_REFERENCES: 'on' }).restLocalReferences).toBe(true);
  expect(problemsOf({ WAYBILL_REST_LOCAL_REFERENCES: '1' })).toEqual([
    'WAYBILL_REST_LOCAL_REFERENCES: must be on or off',
  ]);
});

it('shows metrics and sends traces only where somebody says so, and then on loopback', () => {
  expect(readConfig({})).toMatchObject({ telemetry: undefined, tracesUrl: undefined });
  expect(
    readConfig({ WAYBILL_METRICS_PORT: '9464', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }),
  ).toMatchObject({ telemetry: { host: '127.0.0.1', port: 9464 }, tracesUrl: 'http://collector:4318' });
  expect(problemsOf({ WAYBILL_METRICS_PORT: 'x', OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' })).toHaveLength(2);
});

it('lets nobody but its owner read a key file unless somebody says who else does', () => {
  expect(readConfig({}).keys.readers).toBe('owner');
  for (const readers of ['group', 'everybody'])
    expect(readConfig({ WAYBILL_KEY_FILE_READERS: readers }).keys.readers).toBe(readers);
  expect(problemsOf({ WAYBILL_KEY_FILE_READERS: '0644' })).toEqual([
    'WAYBILL_KEY_FILE_READERS: must be one of owner, group, everybody',
  ]);
});

it('gives each process its own worker name', () => {
  expect(readConfig({}).worker.name).not.toBe(readConfig({}).worker.name);
});

it.each([
  ['v20.20.2', false],
  ['v24.18.0', false],
  ['v24.18.1', false],
  ['v26.5.1', true],
  ['v25.9.0', false],
  ['v26.5.0', false],
  ['v26.10.0', true],
  ['v28.0.0', true],
])('Node %s may run: %s', (version, fine) => {
  expect(nodeVersionProblem(version) === undefined).toBe(fine);
});

it('believes no proxy unless it is named, and then its network alone', () => {
  expect(readConfig({}).http.trustedProxies).toEqual([]);
  expect(readConfig({ WAYBILL_TRUSTED_PROXIES: '10.1.0.0/24, 192.0.2.7,2001:db8::/48' }).http).toMatchObject({
    trustedProxies: [
      { family: 4, prefix: 24 },
      { family: 4, prefix: 32 },
      { family: 6, prefix: 48 },
    ],
  });
});

it.each([
  ['', 'item 1 is not a network'],
  ['10.0.0.1,', 'item 2 is not a network'],
  ['10.0.0.1/24', 'item 1 has bits set beyond its prefix of 24'],
  ['proxy-hunter2.example', 'item 1 is not a network'],
  ['loopback', 'item 1 is not a network'],
  ['10.0.0.1,0.0.0.0/0', 'item 2 is the whole Internet'],
  ['::/0', 'item 1 is the whole Internet'],
])('refuses to trust the proxies %j', (list, sentence) => {
  const problems = problemsOf({ WAYBILL_TRUSTED_PROXIES: list });
  expect(problems).toEqual([expect.stringContaining(`WAYBILL_TRUSTED_PROXIES: ${sentence}`)]);
  expect(problems.join()).not.toContain('hunter2');
});

it('knows how often one may ask, and refuses what could not be reached', () => {
  expect(readConfig({}).http.rates).toEqual({
    perIdentity: { perSecond: 200, burst: 2_000 },
    perAddress: { perSecond: 20, burst: 200 },
  });
  expect(
    readConfig({ WAYBILL_RATE_PER_IDENTITY: '50', WAYBILL_BURST_PER_ADDRESS: '20' }).http.rates,
  ).toMatchObject({ perIdentity: { perSecond: 50 }, perAddress: { perSecond: 20, burst: 20 } });
  expect(problemsOf({ WAYBILL_RATE_PER_ADDRESS: '201' })).toEqual([
    expect.stringContaining('WAYBILL_BURST_PER_ADDRESS: must be at least WAYBILL_RATE_PER_ADDRESS'),
  ]);
  for (const value of ['0', '-1', '1e3', '0x10', '', '100001'])
    expect(problemsOf({ WAYBILL_RATE_PER_IDENTITY: value })).toHaveLength(1);
});

it('keeps what nobody needs any more for as many days as it is told, sessions for 30 at least', () => {
  expect(readConfig({}).retention).toEqual({
    requestDays: 30,
    callbackDays: 30,
    sessionDays: 90,
    probeDays: 90,
  });
  const told = {
    WAYBILL_KEEP_REQUESTS_DAYS: '7',
    WAYBILL_KEEP_CALLBACKS_DAYS: '8',
    WAYBILL_KEEP_SESSIONS_DAYS: '30',
    WAYBILL_KEEP_PROBES_DAYS: '3650',
  };
  expect(readConfig(told).retention).toEqual({
    requestDays: 7,
    callbackDays: 8,
    sessionDays: 30,
    probeDays: 3_650,
  });
  for (const [name, value] of [
    ['WAYBILL_KEEP_REQUESTS_DAYS', '0'],
    ['WAYBILL_KEEP_CALLBACKS_DAYS', '-1'],
    ['WAYBILL_KEEP_SESSIONS_DAYS', '29'],
    ['WAYBILL_KEEP_PROBES_DAYS', 'for ever'],
  ] as const)
    expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(name)]);
});

it.each([
  'http://localhost.evil.example:8200',
  'http://127.0.0.1@evil.example',
  'http://localhost:8200@evil.example',
  'http://127.0.0.1.evil.example/',
  'http://evil.example/?http://localhost/',
  'ftp://localhost',
  'localhost:8200',
])('sends no token and no code to %s: that is not this machine', (address) => {
  for (const name of ['VAULT_ADDR', 'WAYBILL_OIDC_ISSUER', 'WAYBILL_PUBLIC_URL'])
    expect(problemsOf({ [name]: address })).toContain(
      `${name}: must be a URL beginning with https://, or http:// on this machine`,
    );
});

it.each(['https://vault.example:8200', 'http://localhost:8200', 'http://127.0.0.1', 'http://[::1]:8200/'])(
  'takes %s as an address for tokens and codes',
  (address) => {
    expect(readConfig({ VAULT_ADDR: address, WAYBILL_VAULT_KEY: 'waybill' }).keys.vault?.address).toBe(
      address,
    );
    expect(readConfig({ WAYBILL_PUBLIC_URL: address }).http.publicUrl?.href).toBe(new URL(address).href);
  },
);
