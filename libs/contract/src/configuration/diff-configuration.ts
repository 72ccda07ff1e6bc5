import { endpointEntry } from './fill-endpoint.ts';
import type { Configuration } from './parse-configuration.ts';

export type ConfigurationNoun = 'partner' | 'endpoint' | 'route';

export interface ConfigurationChange {
  /** A file never deletes: what it does not name stays. */
  kind: 'create' | 'change' | 'delete';
  noun: ConfigurationNoun;
  name: string;
  /** Each value that differs; of a new object all of them. */
  fields: { path: string; before: unknown; after: unknown }[];
}

type Comparable = Pick<Configuration, 'partners' | 'endpoints' | 'routes'>;

/** What applying would create and change, in the order of applying. What the wanted file does not name stays. */
export function diffConfiguration(current: Comparable, wanted: Comparable): ConfigurationChange[] {
  return [
    ...diffNamed('partner', current.partners, wanted.partners),
    // With the names of the file: `active.ports`, and nothing of TLS where there is none.
    ...diffNamed('endpoint', current.endpoints.map(endpointEntry), wanted.endpoints.map(endpointEntry)),
    ...diffNamed('route', current.routes, wanted.routes),
  ];
}

/** What is there and not named by the file: it stays as it is, which a plan should say. */
export function findUnnamed(
  current: Comparable,
  wanted: Comparable,
): { noun: ConfigurationNoun; name: string }[] {
  const missing = (noun: ConfigurationNoun, here: readonly Named[], there: readonly Named[]) => {
    const names = new Set(there.map(({ name }) => name));
    return here.filter(({ name }) => !names.has(name)).map(({ name }) => ({ noun, name }));
  };
  return [
    ...missing('partner', current.partners, wanted.partners),
    ...missing('endpoint', current.endpoints, wanted.endpoints),
    ...missing('route', current.routes, wanted.routes),
  ];
}

interface Named {
  name: string;
}

function diffNamed(
  noun: ConfigurationNoun,
  current: readonly Named[],
  wanted: readonly Named[],
): ConfigurationChange[] {
  const present = new Map(current.map((object) => [object.name, object]));
  return wanted.flatMap((object): ConfigurationChange[] => {
    const before = present.get(object.name);
    const fields = diffFields(before ? flatten(before) : new Map(), flatten(object));
    if (!before) return [{ kind: 'create', noun, name: object.name, fields }];
    return fields.length > 0 ? [{ kind: 'change', noun, name: object.name, fields }] : [];
  });
}

/** Of two entries of the same object; absent: it is not there. */
export function diffEntries(
  before: object | undefined,
  after: object | undefined,
): ConfigurationChange['fields'] {
  return diffFields(before ? flatten(before) : new Map(), after ? flatten(after) : new Map());
}

function diffFields(before: Fields, after: Fields): ConfigurationChange['fields'] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].filter((path) => path !== 'name');
  return paths
    .filter((path) => JSON.stringify(before.get(path)) !== JSON.stringify(after.get(path)))
    .map((path) => ({ path, before: before.get(path), after: after.get(path) }));
}

type Fields = Map<string, unknown>;

/** Leaves by their path; a list is one value, because its order means something. */
function flatten(value: object, prefix = ''): Fields {
  const fields: Fields = new Map();
  for (const [key, inner] of Object.entries(value)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (inner !== null && typeof inner === 'object' && !Array.isArray(inner))
      for (const [at, leaf] of flatten(inner, path)) fields.set(at, leaf);
    else if (inner !== undefined) fields.set(path, inner);
  }
  return fields;
}
