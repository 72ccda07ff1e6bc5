import {
  type ConfigurationChange,
  type ConfigurationNoun,
  type ConfigurationObjects,
  diffEntries,
  entryOf,
} from '#contract';
import type { StoredConfiguration } from '#store';

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
