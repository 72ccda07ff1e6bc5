import type { ConfigurationNoun, ConfigurationObjects, FieldProblem } from '#contract';
import { type Endpoint, parametersIn, type TransferRoute } from '#domain';
import { canonicalJson, type Scope, type StoredConfiguration } from '#store';

/** The partners that an object concerns. */
export function partnersOf<Noun extends ConfigurationNoun>(
  noun: Noun,
  object: ConfigurationObjects[Noun],
  { endpoints }: Pick<StoredConfiguration, 'endpoints'>,
): string[] {
  const ofEndpoint = (name: string) => endpoints.find((endpoint) => endpoint.name === name)?.partner;
  const partners: {
    [Each in ConfigurationNoun]: (one: ConfigurationObjects[Each]) => (string | undefined)[];
  } = {
    partner: ({ name }) => [name],
    endpoint: ({ partner }) => [partner],
    route: ({ source, destination }) => [ofEndpoint(source.endpoint), ofEndpoint(destination.endpoint)],
  };
  return [...new Set(partners[noun](object).filter((partner) => partner !== undefined))];
}

/**
 * Whether who asks may change it: nobody else's partners depend on it. Who is limited to routes changes none of them: he could
 * lead his route from anywhere to anywhere.
 */
export function mayChange<Noun extends ConfigurationNoun>(
  scope: Scope,
  noun: Noun,
  object: ConfigurationObjects[Noun],
  configuration: StoredConfiguration,
): boolean {
  const { partners, routes } = scope;
  if (routes !== 'all') return false;
  if (partners === 'all') return true;
  const concerned = partnersOf(noun, object, configuration);
  return concerned.length > 0 && concerned.every((partner) => partners.includes(partner));
}

/** What may be referred to; for others it is not there. */
export function knownTo(scope: Scope, configuration: StoredConfiguration, before: TransferRoute | undefined) {
  const own = configuration.endpoints.filter((endpoint) => ownsEndpoint(scope, endpoint)).map(nameOf);
  const kept = before ? [before.source.endpoint, before.destination.endpoint] : [];
  return {
    partners: configuration.partners
      .map(nameOf)
      .filter((name) => scope.partners === 'all' || scope.partners.includes(name)),
    endpoints: [...new Set([...own, ...kept])],
  };
}

/**
 * An inbox that every partner delivers to is nobody's own: who reaches one partner only may neither read from it nor write
 * to it in another way than is configured already. What happens to its files after a delivery is such a way, and so is what
 * may be put into its templates.
 */
export function foreignSides(
  scope: Scope,
  configuration: StoredConfiguration,
  before: TransferRoute | undefined,
  after: TransferRoute,
): FieldProblem[] {
  if (scope.partners === 'all') return [];
  const isForeign = (name: string) =>
    !configuration.endpoints.some((endpoint) => endpoint.name === name && ownsEndpoint(scope, endpoint));
  return (['source', 'destination'] as const)
    .filter((side) => isForeign(after[side].endpoint))
    .flatMap((side) => [
      side,
      ...(side === 'source' ? ['afterDelivery'] : []),
      ...templatesOf(after, side)
        .flatMap(parametersIn)
        .map((name) => `parameters.${name}`),
    ])
    .filter((path) => before === undefined || textAt(before, path) !== textAt(after, path))
    .map((path) => ({ path, message: 'an endpoint is not one of your partners: this stays as it is' }));
}

function templatesOf({ source, destination }: TransferRoute, side: 'source' | 'destination'): string[] {
  return side === 'source'
    ? [source.path, ...(source.select ?? []), ...(source.exclude ?? [])]
    : [destination.path, destination.name];
}

function textAt(route: TransferRoute, path: string): string {
  const value = path
    .split('.')
    .reduce<unknown>((object, key) => (object as Record<string, unknown> | undefined)?.[key], route);
  return canonicalJson(value ?? null);
}

/** The folders of this machine belong to no partner: one's root may be where another one's files lie. */
export function foreignRoot(
  { partners }: Scope,
  before: Endpoint | undefined,
  after: Endpoint,
): FieldProblem[] {
  if (partners === 'all' || after.protocol !== 'local') return [];
  if (before?.protocol === 'local' && before.root === after.root) return [];
  return [{ path: 'root', message: 'folders of this machine are named by who reaches every partner' }];
}

function ownsEndpoint({ partners }: Scope, { partner }: { partner?: string | undefined }): boolean {
  return partners === 'all' || (partner !== undefined && partners.includes(partner));
}

function nameOf({ name }: { name: string }): string {
  return name;
}
