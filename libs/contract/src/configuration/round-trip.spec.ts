import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ASSURANCE_LEVELS, type Endpoint, type TransferRoute } from '#domain';
import { cronProblem } from '#schedule';
import { diffConfiguration, findUnnamed } from './diff-configuration.ts';
import { exportConfiguration } from './export-configuration.ts';
import { parseConfiguration } from './parse-configuration.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n';
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((value) => !/[\0-\x1f\x7f]/.test(value));
const path = fc
  .array(
    text.filter((part) => !part.includes('/') && part !== '.' && part !== '..'),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => `/${parts.join('/')}`);

const ftps: fc.Arbitrary<Endpoint> = fc.record({
  name: fc.constant('partner'),
  partner: fc.constant('acme'),
  protocol: fc.constant('ftps' as const),
  mode: fc.constantFrom('explicit', 'implicit'),
  host: fc.constantFrom('ftp.acme.example', '10.1.2.3', '::1'),
  port: fc.integer({ min: 1, max: 65_535 }),
  username: text,
  password: fc.constantFrom({ secret: 'a' }, { env: 'A' }, { file: '/run/a' }),
  tls: fc.record({
    minVersion: fc.constantFrom('TLSv1.2' as const, 'TLSv1.3' as const),
    ca: fc.constantFrom([], [PEM], [PEM, PEM]),
    pins: fc.constantFrom([], [`sha256/${'A'.repeat(43)}=`]),
    sessionReuse: fc.constantFrom('required', 'preferred', 'off'),
    dataProtection: fc.constant('private' as const),
  }),
  passive: fc.record({ addressPolicy: fc.constantFrom('control_host', 'advertised') }),
  maxSessions: fc.integer({ min: 1, max: 100 }),
  encoding: fc.constantFrom('utf8', 'latin1'),
});

const route: fc.Arbitrary<TransferRoute> = fc.record({
  name: fc.constant('nightly'),
  source: fc.record({
    endpoint: fc.constant('partner'),
    path,
    select: fc.array(
      text.filter((glob) => !glob.startsWith('/')),
      { minLength: 1, maxLength: 3 },
    ),
    exclude: fc.constantFrom([], ['*.tmp']),
    recursive: fc.boolean(),
    settleMs: fc.integer({ min: 0, max: 3_600_000 }),
  }),
  destination: fc.record({
    endpoint: fc.constant('inbox'),
    path,
    name: fc.constantFrom('{name}', '{stem}-done{extension}'),
    onExisting: fc.constantFrom('refuse', 'overwrite', 'version'),
  }),
  verify: fc.record({ minimum: fc.constantFrom(...ASSURANCE_LEVELS) }),
  afterDelivery: fc.constantFrom({ source: 'keep' as const }, { source: 'archive' as const, to: '/done' }),
  onAmbiguous: fc.constantFrom('hold', 'resend', 'assume_delivered'),
  retry: fc.constant({ maxAttempts: 3, firstDelayMs: 100, factor: 1.5, maxDelayMs: 1_000, jitter: 0 }),
  resume: fc.constant(false),
  lanes: fc.integer({ min: 1, max: 64 }),
  priority: fc.integer({ min: 1, max: 9 }),
  schedule: fc.constant({
    cron: '*/5 * * * *',
    timezone: 'Europe/Berlin',
    onHoliday: 'skip' as const,
    misfire: 'run_all' as const,
    overlap: 'parallel' as const,
  }),
  enabled: fc.boolean(),
});

const configurations = fc.record({ endpoint: ftps, route }).map((made) => ({
  partners: [{ name: 'acme' }],
  endpoints: [
    made.endpoint,
    { name: 'inbox', protocol: 'local' as const, root: '/srv/inbox', maxSessions: 2 },
  ],
  calendars: [],
  routes: [made.route],
  channels: [],
}));

describe('exportConfiguration', () => {
  it('says the same when it is parsed again', () => {
    fc.assert(
      fc.property(configurations, (configuration) => {
        const again = parseConfiguration(exportConfiguration(configuration), {
          fileName: 'export.yaml',
          readFile: () => undefined,
          validateCron: cronProblem,
        });
        expect(again).toEqual({ ok: true, configuration });
      }),
      { numRuns: 300 },
    );
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
