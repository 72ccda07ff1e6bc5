import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryOf, OPERATIONS, parseEntry } from '#contract';
import { partnerServer } from '#contract/testing';
import { type Endpoint, LEGACY_POLICIES } from '#domain';
import { toObject, toValues, withoutDefaults } from '../../forms/form-values.ts';
import { applyPatch, differences, mergePatchOf } from '../../forms/merge-patch.ts';
import type { Json } from '../../forms/path.ts';
import { ENDPOINT_FIELDS } from './endpoint-fields.ts';

const local: fc.Arbitrary<Endpoint> = fc.record({
  name: fc.constant('partner'),
  partner: fc.constantFrom('acme', undefined),
  protocol: fc.constant('local' as const),
  root: fc.constantFrom('/srv/in', '/srv/ein ordner'),
  maxSessions: fc.integer({ min: 1, max: 1_000 }),
});
const endpoints = fc.oneof({ arbitrary: partnerServer, weight: 9 }, { arbitrary: local, weight: 1 });

/** As the api takes it in: with every default filled. */
function taken(entry: Json): Endpoint {
  const parsed = parseEntry(
    'endpoint',
    entry,
    { endpoints: [], routes: [] },
    {
      validateCron: () => undefined,
      validateEncoding: () => undefined,
      allowedLegacyPolicies: [...LEGACY_POLICIES],
      known: { partners: ['acme'], endpoints: [] },
    },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.object;
}

const throughTheForm = (entry: Json) => toObject(ENDPOINT_FIELDS, toValues(ENDPOINT_FIELDS, entry));

describe('the form of an endpoint', () => {
  it('says what it was given, whatever is configured', () => {
    fc.assert(
      fc.property(endpoints, (endpoint) => {
        const entry = entryOf('endpoint', endpoint);
        expect(taken(throughTheForm(entry))).toEqual(endpoint);
        expect(mergePatchOf(throughTheForm(entry), throughTheForm(entry))).toEqual({});
      }),
      { numRuns: 300 },
    );
  });

  it('creates the same without saying the defaults', () => {
    fc.assert(
      fc.property(endpoints, (endpoint) => {
        const made = throughTheForm(entryOf('endpoint', endpoint));
        expect(taken(withoutDefaults(ENDPOINT_FIELDS, made))).toEqual(endpoint);
      }),
      { numRuns: 100 },
    );
  });

  it('changes any endpoint into any other by a merge patch of what differs', () => {
    fc.assert(
      fc.property(endpoints, endpoints, (one, other) => {
        const [before, after] = [
          throughTheForm(entryOf('endpoint', one)),
          throughTheForm(entryOf('endpoint', other)),
        ];
        const patch = mergePatchOf(before, after);
        expect(taken(applyPatch(entryOf('endpoint', one), patch))).toEqual(other);
        expect(differences(before, after).length === 0).toBe(Object.keys(patch).length === 0);
      }),
      { numRuns: 300 },
    );
  });

  it('says the default of what another choice rules out, whatever was chosen there before', () => {
    const values = toValues(ENDPOINT_FIELDS, {
      ...{ name: 'a', protocol: 'ftps', mode: 'implicit', host: 'h', username: 'u', password: { env: 'P' } },
      passive: { command: 'epsv', addressPolicy: 'advertised', advertisedNetworks: ['10.0.0.0/8'] },
      active: { ports: '50000-50100' },
      tls: { auth: ['SSL'], clearCommandChannel: true },
    });
    const endpoint = taken(toObject(ENDPOINT_FIELDS, values));
    expect(endpoint).toMatchObject({
      passive: { command: 'auto', addressPolicy: 'control_host' },
      tls: { auth: ['TLS'], clearCommandChannel: false },
    });
  });

  it('asks for every option that the contract knows', () => {
    const known = new Set(ENDPOINT_FIELDS.map(({ path }) => path));
    const options = optionsOf(OPERATIONS.createEndpoint.body.meta() as Schema);
    expect(options).toContain('tls.clientCertificate.passphrase');
    expect(options.filter((path) => !known.has(path))).toEqual([]);
  });
});

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  oneOf?: Schema[];
  anyOf?: Schema[];
  not?: unknown;
}

/** Leaves of the schema by their path; a reference to a secret is one. */
function optionsOf(schema: Schema | undefined, at = ''): string[] {
  if (!schema || schema.not !== undefined) return [];
  const { properties } = schema;
  const inner = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].flatMap((each) => optionsOf(each, at));
  if (!properties) return inner.length > 0 || at === '' ? inner : [at];
  if (Object.hasOwn(properties, 'secret') && Object.hasOwn(properties, 'env')) return [at];
  return Object.entries(properties).flatMap(([key, each]) =>
    optionsOf(each, at === '' ? key : `${at}.${key}`),
  );
}
