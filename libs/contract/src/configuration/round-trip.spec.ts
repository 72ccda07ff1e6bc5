import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partnerServer, server, text, WITHOUT_TLS } from '#contract/testing';
import {
  ASSURANCE_LEVELS,
  type Endpoint,
  type FtpsEndpoint,
  LEGACY_POLICIES,
  type LegacyPolicy,
  legacyPoliciesOf,
  type Selection,
  type TransferRoute,
} from '#domain';
import { cronProblem } from '#schedule';
import { diffConfiguration, findUnnamed } from './diff-configuration.ts';
import { configurationFile, exportConfiguration } from './export-configuration.ts';
import { parseConfiguration } from './parse-configuration.ts';

const path = fc
  .array(
    text.filter((part) => !part.includes('/') && part !== '.' && part !== '..'),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => `/${parts.join('/')}`);

const trust = fc.oneof(
  fc.record({
    verify: fc.record({ minimum: fc.constantFrom(...ASSURANCE_LEVELS) }),
    resume: fc.constant(false),
  }),
  fc.record({
    verify: fc.record({ minimum: fc.constantFrom('read_back' as const, 'hash_by_server' as const) }),
    resume: fc.constant(true),
  }),
);

const selecting = fc.oneof(
  fc.record({
    select: fc.array(
      text.filter((glob) => !glob.startsWith('/')),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({
    select: fc.constant<string[]>([]),
    regex: fc.constantFrom('.*', 'POS_\\d{8}\\.csv', "it's: #1"),
  }),
);

const source: fc.Arbitrary<Selection> = fc
  .record({
    endpoint: fc.constant('partner'),
    path,
    exclude: fc.constantFrom<string[]>([], ['*.tmp']),
    recursive: fc.boolean(),
    settleMs: fc.integer({ min: 0, max: 3_600_000 }),
    marker: fc.constantFrom(undefined, '{name}.done', '{stem}.ok'),
  })
  .chain((made) => selecting.map((selected) => ({ ...made, ...selected })));

const rest: fc.Arbitrary<Omit<TransferRoute, 'verify' | 'resume'>> = fc.record({
  name: fc.constant('nightly'),
  source,
  destination: fc.record({
    endpoint: fc.constant('inbox'),
    path,
    name: fc.constantFrom('{name}', '{stem}-done{extension}', '{date}T{time}-{name}'),
    onExisting: fc.constantFrom('refuse', 'overwrite', 'version'),
    keepModified: fc.boolean(),
  }),
  afterDelivery: fc.constantFrom({ source: 'keep' as const }, { source: 'archive' as const, to: '/done' }),
  onAmbiguous: fc.constantFrom('hold', 'resend', 'assume_delivered'),
  retry: fc.constant({ maxAttempts: 3, firstDelayMs: 100, factor: 1.5, maxDelayMs: 1_000, jitter: 0 }),
  lanes: fc.integer({ min: 1, max: 64 }),
  priority: fc.integer({ min: 1, max: 9 }),
  schedule: fc.constant({
    cron: '*/5 * * * *',
    timezone: 'Europe/Berlin',
    onHoliday: 'skip' as const,
    misfire: 'run_all' as const,
    overlap: 'parallel' as const,
  }),
  window: fc.constantFrom(undefined, { from: '20:00', to: '06:00', timezone: 'Europe/London' }),
  workerTag: fc.constantFrom(undefined, 'dmz'),
  enabled: fc.boolean(),
});

const route: fc.Arbitrary<TransferRoute> = fc
  .tuple(rest, trust)
  .map(([made, trusted]) => ({ ...made, ...trusted }));

const configurations = fc.record({ endpoint: partnerServer, route }).map((made) => ({
  partners: [{ name: 'acme' }],
  endpoints: [
    made.endpoint,
    { name: 'inbox', protocol: 'local' as const, root: '/srv/inbox', maxSessions: 2 },
  ] satisfies Endpoint[],
  calendars: [],
  // No resume where the bytes are not the file's.
  routes: [made.endpoint.transferType === 'text' ? { ...made.route, resume: false } : made.route],
  channels: [],
}));

function parse(file: string, allowedLegacyPolicies: readonly LegacyPolicy[]) {
  return parseConfiguration(file, {
    fileName: 'export.yaml',
    readFile: () => undefined,
    validateCron: cronProblem,
    validateEncoding: () => undefined,
    allowedLegacyPolicies,
  });
}

type Exported = Parameters<typeof exportConfiguration>[0];

describe('exportConfiguration', () => {
  it.each([
    ['YAML', exportConfiguration],
    ['JSON', (configuration: Exported) => JSON.stringify(configurationFile(configuration))],
  ])('says the same when its %s is parsed again', (_, write) => {
    fc.assert(
      fc.property(configurations, (configuration) => {
        const again = parse(write(configuration), legacyPoliciesOf(configuration.endpoints[0]!));
        expect(again).toEqual({ ok: true, configuration });
      }),
      { numRuns: 300 },
    );
  });
});

describe('a legacy policy', () => {
  it('is refused by its name wherever the domain finds it, and nowhere else', () => {
    const seen = new Set<LegacyPolicy>();
    fc.assert(
      fc.property(configurations, (configuration) => {
        const needed = legacyPoliciesOf(configuration.endpoints[0]!);
        for (const policy of needed) {
          seen.add(policy);
          const refused = parse(
            exportConfiguration(configuration),
            needed.filter((other) => other !== policy),
          );
          expect(refused).toMatchObject({
            ok: false,
            problems: [{ message: expect.stringContaining(`legacy policy \`${policy}\``) }],
          });
        }
      }),
      { numRuns: 100 },
    );
    expect([...seen].sort()).toEqual([...LEGACY_POLICIES].sort());
  });
});

describe('diffConfiguration', () => {
  const [one] = fc.sample(configurations, { numRuns: 1, seed: 7 });

  it('finds nothing between equals, whatever the order of keys', () => {
    const reordered = JSON.parse(
      JSON.stringify(one, (_, value: unknown) =>
        value && typeof value === 'object' && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).reverse())
          : value,
      ),
    );
    expect(diffConfiguration(one!, reordered)).toEqual([]);
  });

  it('names each field that changes with both values', () => {
    const route = { ...one!.routes[0]!, lanes: 65, source: { ...one!.routes[0]!.source, select: ['*.new'] } };
    expect(diffConfiguration(one!, { ...one!, routes: [route] })).toEqual([
      {
        kind: 'change',
        noun: 'route',
        name: 'nightly',
        fields: [
          { path: 'source.select', before: one!.routes[0]!.source.select, after: ['*.new'] },
          { path: 'lanes', before: one!.routes[0]!.lanes, after: 65 },
        ],
      },
    ]);
  });

  it('tells a change of an endpoint in the words of the file', () => {
    const passive = { addressPolicy: 'control_host' as const, command: 'auto' as const };
    const { proxy: _, ...plain } = fc.sample(server, { numRuns: 1, seed: 7 })[0]! as Partial<FtpsEndpoint>;
    const of = (changes: Partial<FtpsEndpoint>) => ({
      partners: [],
      endpoints: [
        { ...plain, protocol: 'ftp', mode: 'plain', tls: WITHOUT_TLS, passive, ...changes } as FtpsEndpoint,
      ],
      routes: [],
    });
    const range = (lastPort: number) => ({ active: { firstPort: 50_000, lastPort } });
    expect(diffConfiguration(of(range(50_100)), of(range(50_200)))).toMatchObject([
      { fields: [{ path: 'active.ports', before: '50000-50100', after: '50000-50200' }] },
    ]);
    const [toTls] = diffConfiguration(of({}), of({ protocol: 'ftps', mode: 'explicit' }));
    expect(toTls?.fields.map(({ path, before, after }) => [path, before, after])).toEqual(
      expect.arrayContaining([
        ['protocol', 'ftp', 'ftps'],
        ['mode', undefined, 'explicit'],
        ['tls.minVersion', undefined, 'TLSv1.2'],
      ]),
    );
  });

  it('creates what is not there and keeps what is not named', () => {
    const nothing = { partners: [], endpoints: [], routes: [] };
    expect(diffConfiguration(nothing, one!).map(({ kind, noun }) => `${kind} ${noun}`)).toEqual([
      'create partner',
      'create endpoint',
      'create endpoint',
      'create route',
    ]);
    expect(diffConfiguration(one!, nothing)).toEqual([]);
    expect(findUnnamed(one!, nothing)).toHaveLength(4);
  });
});
