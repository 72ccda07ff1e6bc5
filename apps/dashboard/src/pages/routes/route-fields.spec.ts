import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryOf, OPERATIONS, parseEntry } from '#contract';
import type { Endpoint, TransferRoute } from '#domain';
import { cronProblem } from '#schedule';
import { toObject, toValues, withoutDefaults } from '../../forms/form-values.ts';
import { applyPatch, differences, mergePatchOf } from '../../forms/merge-patch.ts';
import type { Json } from '../../forms/path.ts';
import { ROUTE_FIELDS, ROUTE_SECTIONS, SECTION_TITLES } from './route-fields.ts';

const endpoints: Endpoint[] = ['partner', 'inbox'].map((name) => ({
  name,
  protocol: 'local',
  root: `/srv/${name}`,
  maxSessions: 4,
}));

const path = fc.constantFrom('/', '/out', '/ein ordner/{param.day}');
const parameters = fc.constantFrom(
  undefined,
  { day: { pattern: '\\d{8}', default: '20261121' } },
  { day: { pattern: '.*', default: '1' }, desk: { pattern: 'fx|rates', default: 'fx' } },
);

const selecting = fc.oneof(
  fc.record({ select: fc.constantFrom<string[]>(['*'], ['*.csv'], ['*.csv', 'a{b,c}', ' x']) }),
  fc.record({ select: fc.constant<string[]>([]), regex: fc.constantFrom('.*', 'POS_\\d{8}\\.csv', '1') }),
);

const source = fc
  .record({
    endpoint: fc.constant('partner'),
    path,
    exclude: fc.constantFrom<string[]>([], ['*.tmp', '.*']),
    recursive: fc.boolean(),
    settleMs: fc.integer({ min: 0, max: 3_600_000 }),
    marker: fc.constantFrom(undefined, '{name}.done', '{stem}.ok'),
  })
  .chain((made) => selecting.map((selected) => ({ ...made, ...selected })));

const retry = fc
  .record({
    maxAttempts: fc.integer({ min: 1, max: 100 }),
    firstDelayMs: fc.integer({ min: 0, max: 86_400_000 }),
    factor: fc.constantFrom(1, 1.5, 2, 100),
    maxDelayMs: fc.integer({ min: 0, max: 604_800_000 }),
    jitter: fc.constantFrom(0, 0.07, 0.2, 0.333, 1),
  })
  .filter(({ firstDelayMs, maxDelayMs }) => maxDelayMs >= firstDelayMs);

const trust = fc.oneof(
  fc.record({
    verify: fc.record({ minimum: fc.constantFrom('none' as const, 'size' as const) }),
    resume: fc.constant(false),
  }),
  fc.record({
    verify: fc.record({ minimum: fc.constantFrom('read_back' as const, 'hash_by_server' as const) }),
    resume: fc.boolean(),
  }),
);

const rest = fc.record({
  name: fc.constant('nightly'),
  destination: fc.record({
    endpoint: fc.constant('inbox'),
    path,
    name: fc.constantFrom('{name}', '{stem}-done{extension}', '{date}T{time}-{name}'),
    onExisting: fc.constantFrom('refuse' as const, 'overwrite' as const, 'version' as const),
    keepModified: fc.boolean(),
  }),
  afterDelivery: fc.constantFrom<TransferRoute['afterDelivery']>(
    { source: 'keep' },
    { source: 'delete' },
    { source: 'archive', to: '/done' },
  ),
  onAmbiguous: fc.constantFrom('hold' as const, 'resend' as const, 'assume_delivered' as const),
  lanes: fc.integer({ min: 1, max: 64 }),
  priority: fc.integer({ min: 1, max: 9 }),
  schedule: fc.option(
    fc.record({
      cron: fc.constantFrom('*/5 * * * *', '15 2 * * mon-fri'),
      timezone: fc.constantFrom('Europe/Berlin', 'UTC'),
      onHoliday: fc.constant('skip' as const),
      misfire: fc.constantFrom('run_once' as const, 'run_all' as const, 'skip' as const),
      overlap: fc.constantFrom('skip' as const, 'queue_one' as const, 'parallel' as const),
    }),
    { nil: undefined },
  ),
  window: fc.constantFrom(undefined, { from: '20:00', to: '06:00', timezone: 'Europe/London' }),
  workerTag: fc.constantFrom(undefined, 'dmz'),
  enabled: fc.boolean(),
});

/** What is declared is asked for, and the other way round. */
const routes: fc.Arbitrary<TransferRoute> = fc
  .tuple(rest, source, retry, trust, parameters)
  .map(([made, from, again, trusted, declared]) => {
    const asked = Object.keys(declared ?? {}).map((name) => `{param.${name}}`);
    const without = (text: string) => text.replaceAll('/{param.day}', '');
    return {
      ...made,
      ...trusted,
      source: { ...from, path: without(from.path) },
      destination: {
        ...made.destination,
        path: `${without(made.destination.path)}${asked.length ? `/${asked.join('-')}` : ''}`.replace(
          '//',
          '/',
        ),
      },
      retry: again,
      parameters: declared,
    };
  });

/** As the api takes it in: with every default filled. */
function taken(entry: Json): TransferRoute {
  const parsed = parseEntry(
    'route',
    entry,
    { endpoints, routes: [] },
    {
      validateCron: cronProblem,
      validateEncoding: () => undefined,
      allowedLegacyPolicies: [],
      known: { partners: [], endpoints: endpoints.map(({ name }) => name) },
    },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.object;
}

/** The api shows what was never said too. */
const shown = (route: TransferRoute): Json => ({
  ...route,
  partners: ['acme'],
  nextFireAt: null,
  paused: null,
});
const throughTheForm = (object: Json) => toObject(ROUTE_FIELDS, toValues(ROUTE_FIELDS, object));

describe('the form of a route', () => {
  it('says what it was given, whatever is configured', () => {
    fc.assert(
      fc.property(routes, (route) => {
        expect(taken(throughTheForm(shown(route)))).toEqual(route);
        expect(taken(throughTheForm(entryOf('route', route)))).toEqual(route);
        expect(mergePatchOf(throughTheForm(shown(route)), throughTheForm(shown(route)))).toEqual({});
      }),
      { numRuns: 300 },
    );
  });

  it('creates the same without saying the defaults', () => {
    fc.assert(
      fc.property(routes, (route) => {
        expect(taken(withoutDefaults(ROUTE_FIELDS, throughTheForm(shown(route))))).toEqual(route);
      }),
      { numRuns: 100 },
    );
  });

  it('changes any route into any other by a merge patch of what differs', () => {
    fc.assert(
      fc.property(routes, routes, (one, other) => {
        const [before, after] = [throughTheForm(shown(one)), throughTheForm(shown(other))];
        const patch = mergePatchOf(before, after);
        expect(taken(applyPatch(entryOf('route', one), patch))).toEqual(other);
        expect(differences(before, after).length === 0).toBe(Object.keys(patch).length === 0);
      }),
      { numRuns: 300 },
    );
  });

  it('lets patterns and a regular expression take each other’s place', () => {
    const values = toValues(ROUTE_FIELDS, { source: { regex: 'a.*', select: [] } });
    expect(toObject(ROUTE_FIELDS, values)['source']).toMatchObject({ regex: 'a.*' });
    expect(toObject(ROUTE_FIELDS, values)['source']).not.toHaveProperty('select');
    (values['source'] as Json)['regex'] = null;
    (values['source'] as Json)['select'] = ['*.csv'];
    expect(toObject(ROUTE_FIELDS, values)['source']).toMatchObject({ select: ['*.csv'] });
    expect(toObject(ROUTE_FIELDS, values)['source']).not.toHaveProperty('regex');
  });

  it('asks for every option that the contract knows, in one section each', () => {
    const known = ROUTE_FIELDS.map(({ path: at }) => at);
    const options = optionsOf(OPERATIONS.createRoute.body.meta() as Schema);
    expect(options).toContain('schedule.overlap');
    expect(options.filter((option) => !known.includes(option))).toEqual([]);
    expect(new Set(known).size).toBe(known.length);
    const inSections = Object.values(ROUTE_SECTIONS).flat();
    expect(new Set(inSections)).toEqual(new Set(ROUTE_FIELDS));
    expect(Object.keys(SECTION_TITLES).sort()).toEqual(Object.keys(ROUTE_SECTIONS).sort());
  });
});

interface Schema {
  properties?: Record<string, Schema>;
  not?: unknown;
}

/** Leaves of the schema by their path. */
function optionsOf({ properties, not }: Schema, at = ''): string[] {
  if (not !== undefined) return [];
  if (!properties) return [at];
  return Object.entries(properties).flatMap(([key, each]) =>
    optionsOf(each, at === '' ? key : `${at}.${key}`),
  );
}
