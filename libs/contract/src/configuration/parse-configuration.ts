import type { Endpoint, LegacyPolicy, Partner, TransferRoute } from '#domain';
import { checkRoutes } from './check-routes.ts';
import { checkServers } from './check-servers.ts';
import {
  type ConfigurationProblem,
  ConfigurationText,
  entries,
  type Path,
  textAt,
  valueAt,
} from './configuration-text.ts';
import { fillEndpoint } from './fill-endpoint.ts';
import { nearestName } from './nearest-name.ts';
import { checkSchema } from './schema-problems.ts';
import { fillRoute } from './schemas.ts';
import { certificateProblem, shown } from './values.ts';

/** What a configuration file says, every default filled in, certificate files read. */
export interface Configuration {
  partners: Pick<Partner, 'name'>[];
  endpoints: Endpoint[];
  /** Not available in this version. */
  calendars: never[];
  routes: TransferRoute[];
  /** Not available in this version. */
  channels: never[];
}

export interface ParseOptions {
  /** For messages. */
  fileName: string;
  /** Text of a file named beside this one; undefined when it is not there. Absent: nothing is beside it. */
  readFile?: ((relativePath: string) => string | undefined) | undefined;
  /** What is wrong with a cron expression; undefined when it can fire. Time is the business of `schedule`, not of this room. */
  validateCron(expression: string): string | undefined;
  /** What is wrong with the name of an encoding, such as `is not known`; the tables are not in this room either. */
  validateEncoding(name: string): string | undefined;
  /** What this installation allows of an older time; an endpoint that needs more is refused. */
  allowedLegacyPolicies: readonly LegacyPolicy[];
  /** Names that may be referred to though they are not in the text. */
  alsoKnown?: { partners: readonly string[]; endpoints: readonly string[] } | undefined;
}

export type ParsedConfiguration =
  | { ok: true; configuration: Configuration }
  | { ok: false; problems: ConfigurationProblem[] };

/** All or nothing: with one problem nothing of the file is used. */
export function parseConfiguration(text: string, options: ParseOptions): ParsedConfiguration {
  const source = new ConfigurationText(text, options.fileName);
  if (source.problems.length > 0) return refused(source);
  const checked = checkSchema(source);
  const certificates = readCertificates(source, options);
  checkDuplicates(source);
  checkReferences(source, options);
  checkServers(source, options);
  checkRoutes(source, options);
  if (!checked || source.problems.length > 0) return refused(source);
  return {
    ok: true,
    configuration: {
      partners: checked.partners,
      endpoints: checked.endpoints.map((entry, index) =>
        withCertificates(fillEndpoint(entry), certificates, index),
      ),
      calendars: [],
      routes: checked.routes.map(fillRoute),
      channels: [],
    },
  };
}

/** In the order of the file, whatever order the checks had. */
function refused(source: ConfigurationText): ParsedConfiguration {
  const problems = source.problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return { ok: false, problems };
}

/*
 * What follows looks at the plain values and not at the checked ones: a wrong port in an endpoint must not
 * hide that a route names an endpoint which does not exist.
 */

function namesOf(source: ConfigurationText, list: string): string[] {
  return entries(source, list)
    .map(({ value }) => textAt(value, ['name']))
    .filter((name) => name !== undefined);
}

function checkDuplicates(source: ConfigurationText): void {
  for (const list of ['partners', 'endpoints', 'routes']) {
    const seen = new Set<string>();
    for (const { value, path } of entries(source, list)) {
      const name = textAt(value, ['name']);
      if (name === undefined) continue;
      if (seen.has(name)) source.report([...path, 'name'], `the name \`${shown(name)}\` is used twice`);
      seen.add(name);
    }
  }
}

export function checkReferences(source: ConfigurationText, { alsoKnown }: ParseOptions): void {
  const partners = [...namesOf(source, 'partners'), ...(alsoKnown?.partners ?? [])];
  const endpoints = [...namesOf(source, 'endpoints'), ...(alsoKnown?.endpoints ?? [])];
  const where = alsoKnown ? '' : ' in this file';
  const check = (path: Path, noun: string, names: readonly string[]) => {
    const name = textAt(source.raw, path);
    if (name === undefined || names.includes(name)) return;
    source.report(path, `there is no ${noun} \`${shown(name)}\`${where}`, nearestName(name, names));
  };
  for (const { path } of entries(source, 'endpoints')) check([...path, 'partner'], 'partner', partners);
  for (const { path } of entries(source, 'routes')) {
    check([...path, 'source', 'endpoint'], 'endpoint', endpoints);
    check([...path, 'destination', 'endpoint'], 'endpoint', endpoints);
  }
}

/** PEM text by the path of the value that named it. */
export type Certificates = Map<string, string>;

export function readCertificates(source: ConfigurationText, options: ParseOptions): Certificates {
  const found: Certificates = new Map();
  for (const { value, path } of entries(source, 'endpoints')) {
    const authorities = valueAt(value, ['tls', 'ca']);
    const places: Path[] = Array.isArray(authorities)
      ? authorities.map((_, index) => ['tls', 'ca', index])
      : [];
    for (const place of [...places, ['tls', 'clientCertificate', 'cert']]) {
      const given = textAt(value, place);
      if (given === undefined) continue;
      const pem = readCertificate(source, [...path, ...place], given, options);
      if (pem !== undefined) found.set(keyOf([...path, ...place]), pem);
    }
  }
  return found;
}

function readCertificate(
  source: ConfigurationText,
  path: Path,
  given: string,
  options: ParseOptions,
): string | undefined {
  const inline = given.includes('-----BEGIN');
  const pem = inline ? given : options.readFile?.(given);
  if (pem === undefined) {
    const unreadable = `the file \`${shown(given)}\` cannot be read beside ${options.fileName}`;
    source.report(path, options.readFile ? unreadable : 'must be the certificate itself, as PEM text');
    return undefined;
  }
  const problem = certificateProblem(pem);
  if (problem === undefined) return pem;
  source.report(path, inline ? problem : `the file \`${shown(given)}\` ${problem}`);
  return undefined;
}

export function withCertificates(endpoint: Endpoint, certificates: Certificates, index: number): Endpoint {
  if (endpoint.protocol === 'local') return endpoint;
  const { ca, clientCertificate } = endpoint.tls;
  const at = (...place: (string | number)[]) =>
    certificates.get(keyOf(['endpoints', index, 'tls', ...place]))!;
  return {
    ...endpoint,
    tls: {
      ...endpoint.tls,
      ca: ca.map((_, position) => at('ca', position)),
      ...(clientCertificate &&
        'cert' in clientCertificate && {
          clientCertificate: { ...clientCertificate, cert: at('clientCertificate', 'cert') },
        }),
    },
  };
}

function keyOf(path: Path): string {
  return path.join('\0');
}
