import {
  type ConfigurationChange,
  type ConfigurationNoun,
  type ConfigurationObjects,
  diffEntries,
  entryOf,
} from '#contract';
import type { StoredConfiguration } from '#store';
import { partnersOf } from './reach.ts';
import { needsSecondPerson } from './second-person.ts';

export type AnyObject = ConfigurationObjects[ConfigurationNoun];

/** One object of the configuration, before and after; absent: it is not there. */
export interface AnyChange {
  kind: ConfigurationChange['kind'];
  noun: ConfigurationNoun;
  name: string;
  before: AnyObject | undefined;
  after: AnyObject | undefined;
  fields: ConfigurationChange['fields'];
}

export function changeOf(
  kind: AnyChange['kind'],
  noun: ConfigurationNoun,
  name: string,
  before: AnyObject | undefined,
  after: AnyObject | undefined,
): AnyChange {
  const entry = (object: AnyObject | undefined) => object && entryOf(noun, object);
  return { kind, noun, name, before, after, fields: diffEntries(entry(before), entry(after)) };
}

export function findIn(
  configuration: StoredConfiguration,
  noun: ConfigurationNoun,
  name: string,
): AnyObject | undefined {
  const lists = {
    partner: configuration.partners,
    endpoint: configuration.endpoints,
    route: configuration.routes,
  } as const;
  return (lists[noun] as readonly AnyObject[]).find((object) => object.name === name);
}

/** What the changes leave behind. */
export function objectsOf(changes: readonly AnyChange[]): StoredConfiguration {
  const after = <Noun extends ConfigurationNoun>(wanted: Noun) =>
    changes.flatMap(({ noun, after }) =>
      noun === wanted && after ? [after as ConfigurationObjects[Noun]] : [],
    );
  return { partners: after('partner'), endpoints: after('endpoint'), routes: after('route') };
}

/** Routes over an endpoint, or endpoints of a route: what the entry could contradict. */
export function neighboursOf(
  noun: ConfigurationNoun,
  given: Record<string, unknown>,
  { endpoints, routes }: StoredConfiguration,
) {
  if (noun === 'partner') return { endpoints: [], routes: [] };
  if (noun === 'endpoint') {
    const over = routes.filter(({ source, destination }) =>
      [source.endpoint, destination.endpoint].some((name) => name === given['name']),
    );
    return { endpoints: [], routes: over };
  }
  const named = [given['source'], given['destination']].map(
    (side) => (side as { endpoint?: unknown })?.endpoint,
  );
  return { endpoints: endpoints.filter(({ name }) => named.includes(name)), routes: [] };
}

/** The configuration with these objects in place of those of the same names. */
export function merged(current: StoredConfiguration, wanted: StoredConfiguration): StoredConfiguration {
  const over = <One extends { name: string }>(below: One[], above: One[]): One[] => [
    ...new Map([...below, ...above].map((one) => [one.name, one])).values(),
  ];
  return {
    partners: over(current.partners, wanted.partners),
    endpoints: over(current.endpoints, wanted.endpoints),
    routes: over(current.routes, wanted.routes),
  };
}

/** The partners of the objects as they were and as they will be. */
export function concerned(
  changes: readonly AnyChange[],
  before: StoredConfiguration,
  after: StoredConfiguration,
): string[] {
  const partners = changes.flatMap((change) => [
    ...(change.before ? partnersOf(change.noun, change.before, before) : []),
    ...(change.after ? partnersOf(change.noun, change.after, after) : []),
  ]);
  return [...new Set(partners)].sort();
}

/** As a plan and an approval show it. */
export function shown({ kind, noun, name, fields }: AnyChange): ConfigurationChange {
  return { kind, noun, name, fields };
}

/** One sentence for who has to approve it. */
export function summaryOf(changes: readonly AnyChange[]): string {
  const first = changes.find(needsSecondPerson);
  const others = changes.length - 1;
  const what = `${first?.kind} the ${first?.noun} "${first?.name}"`;
  const fields = first?.kind === 'change' ? ` (${first.fields.map(({ path }) => path).join(', ')})` : '';
  return `${what}${fields}${others > 0 ? ` and ${others} more` : ''}`.slice(0, 500);
}
