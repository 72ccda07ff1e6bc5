import type { Endpoint, Partner, TransferRoute } from '#domain';
import type { FieldProblem } from '../rest/problems.ts';
import { checkRoutes } from './check-routes.ts';
import { checkServers } from './check-servers.ts';
import { type ConfigurationProblem, ConfigurationText } from './configuration-text.ts';
import type { ConfigurationNoun } from './diff-configuration.ts';
import { endpointEntrySchema } from './endpoint-schemas.ts';
import { routeEntry } from './export-configuration.ts';
import { endpointEntry, fillEndpoint } from './fill-endpoint.ts';
import {
  checkReferences,
  type ParseOptions,
  readCertificates,
  withCertificates,
} from './parse-configuration.ts';
import { checkSchema } from './schema-problems.ts';
import { fillRoute, partnerSchema, routeEntrySchema } from './schemas.ts';

/** The domain's object of a noun of the configuration. */
export interface ConfigurationObjects {
  partner: Pick<Partner, 'name'>;
  endpoint: Endpoint;
  route: TransferRoute;
}

/** What is there already and bears on the entry: routes that use an endpoint, endpoints that a route uses. */
export interface Neighbours {
  endpoints: readonly Endpoint[];
  routes: readonly TransferRoute[];
}

export type EntryOptions = Omit<ParseOptions, 'fileName' | 'readFile' | 'alsoKnown'> & {
  /** What the entry may refer to. */
  known: { partners: readonly string[]; endpoints: readonly string[] };
};

export type ParsedEntry<Noun extends ConfigurationNoun> =
  | { ok: true; object: ConfigurationObjects[Noun] }
  | { ok: false; problems: FieldProblem[] };

const LISTS = { partner: 'partners', endpoint: 'endpoints', route: 'routes' } as const;

/**
 * One entry of the file, as a request gives it: judged by the same rules as a whole file, beside its neighbours.
 * Problems are told with the path within the entry; what the entry would break elsewhere, with an empty path.
 */
export function parseEntry<Noun extends ConfigurationNoun>(
  noun: Noun,
  given: unknown,
  neighbours: Neighbours,
  options: EntryOptions,
): ParsedEntry<Noun> {
  const source = new ConfigurationText({ values: fileAround(noun, given, neighbours) }, 'the request');
  const rules: ParseOptions = { ...options, fileName: 'the request', alsoKnown: options.known };
  checkSchema(source);
  const certificates = readCertificates(source, rules);
  checkReferences(source, rules);
  checkServers(source, rules);
  checkRoutes(source, rules);
  const problems = source.problems.flatMap((problem) => told(noun, problem, neighbours));
  if (problems.length > 0) return { ok: false, problems };
  const fill: { [Each in ConfigurationNoun]: () => ConfigurationObjects[Each] } = {
    partner: () => partnerSchema.parse(given),
    endpoint: () => withCertificates(fillEndpoint(endpointEntrySchema.parse(given)), certificates, 0),
    route: () => fillRoute(routeEntrySchema.parse(given)),
  };
  return { ok: true, object: fill[noun]() };
}

/** The entry comes first in its list. */
function fileAround(noun: ConfigurationNoun, given: unknown, { endpoints, routes }: Neighbours): object {
  const file = {
    apiVersion: 'waybill/v1',
    partners: [] as unknown[],
    endpoints: endpoints.map((endpoint): unknown => endpointEntry(endpoint)),
    routes: routes.map((route): unknown => routeEntry(route)),
  };
  file[LISTS[noun]].unshift(given);
  return file;
}

/** With the path below `own`, as a request has it; undefined for what stands elsewhere. */
export function fieldProblem(
  own: string,
  { path, message, nearest }: Pick<ConfigurationProblem, 'path' | 'message' | 'nearest'>,
): FieldProblem | undefined {
  if (path !== own && !path.startsWith(`${own}.`) && !path.startsWith(`${own}[`)) return undefined;
  const hint = nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
  const within = path.slice(own.length).replace(/\[(\d+)\]/g, '.$1');
  return { path: within.replace(/^\./, ''), message: `${message}${hint}` };
}

function told(
  noun: ConfigurationNoun,
  { path, message, nearest }: ConfigurationProblem,
  { routes }: Neighbours,
): FieldProblem[] {
  const own = fieldProblem(`${LISTS[noun]}[0]`, { path, message, nearest });
  if (own) return [own];
  // What is already there was judged when it came; only a route over this endpoint can have become impossible by it.
  const [, index] = /^routes\[(\d+)\]\.destination\.endpoint$/.exec(path) ?? [];
  if (noun !== 'endpoint' || index === undefined) return [];
  return [{ path: '', message: `the route \`${routes[Number(index)]?.name}\` ${message}` }];
}

/** As the file, REST and the history show an object. */
export function entryOf<Noun extends ConfigurationNoun>(
  noun: Noun,
  object: ConfigurationObjects[Noun],
): Record<string, unknown> {
  const entries: { [Each in ConfigurationNoun]: (one: ConfigurationObjects[Each]) => object } = {
    partner: ({ name }) => ({ name }),
    endpoint: endpointEntry,
    route: routeEntry,
  };
  // Only what JSON can say: what is undefined is not there.
  return JSON.parse(JSON.stringify(entries[noun](object))) as Record<string, unknown>;
}
