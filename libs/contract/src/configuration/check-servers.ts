import { LEGACY_POLICIES, type LegacyPolicy } from '#domain';
import { type ConfigurationText, entries, type Path, textAt, valueAt } from './configuration-text.ts';
import { nearestName } from './nearest-name.ts';
import type { ParseOptions } from './parse-configuration.ts';
import { COMMON_ENCODINGS, shown } from './values.ts';

/** What depends on the installation or on several entries, looked for in the plain values like the references. */
export function checkServers(source: ConfigurationText, options: ParseOptions): void {
  for (const { value, path } of entries(source, 'endpoints')) {
    checkLegacyPolicies(source, value, path, options.allowedLegacyPolicies);
    checkEncoding(source, [...path, 'encoding'], options);
  }
  checkTextTransfers(source);
}

interface LegacyWay {
  /** Where the endpoint asks for it, below the entry; undefined when it does not. */
  placeIn(endpoint: unknown): Path | undefined;
  means: string;
}

/** The same as `legacyPoliciesOf` of the domain says of the finished endpoint, and where it stands. */
const LEGACY_WAYS: Readonly<Record<LegacyPolicy, LegacyWay>> = {
  plain_ftp: {
    placeIn: (endpoint) => (textAt(endpoint, ['protocol']) === 'ftp' ? ['protocol'] : undefined),
    means: '`ftp` sends the password and every file in clear',
  },
  clear_data: {
    placeIn: (endpoint) => placeOf(endpoint, ['tls', 'dataProtection'], 'clear'),
    means: '`clear` sends every file and listing in clear',
  },
  clear_command_channel: {
    placeIn: (endpoint) => placeOf(endpoint, ['tls', 'clearCommandChannel'], true),
    means: 'CCC leaves every command after the login without protection',
  },
  auth_tls_c: {
    placeIn: (endpoint) => placeInList(endpoint, ['tls', 'auth'], 'TLS-C'),
    means: 'AUTH TLS-C is older than RFC 4217',
  },
  auth_ssl: {
    placeIn: (endpoint) => placeInList(endpoint, ['tls', 'auth'], 'SSL'),
    means: 'AUTH SSL is older than RFC 4217',
  },
};

function placeOf(endpoint: unknown, place: Path, value: unknown): Path | undefined {
  return valueAt(endpoint, place) === value ? place : undefined;
}

function placeInList(endpoint: unknown, place: Path, value: unknown): Path | undefined {
  const list = valueAt(endpoint, place);
  const index = Array.isArray(list) ? list.indexOf(value) : -1;
  return index < 0 ? undefined : [...place, index];
}

function checkLegacyPolicies(
  source: ConfigurationText,
  endpoint: unknown,
  path: Path,
  allowed: readonly LegacyPolicy[],
): void {
  for (const policy of LEGACY_POLICIES) {
    const place = LEGACY_WAYS[policy].placeIn(endpoint);
    if (place === undefined || allowed.includes(policy)) continue;
    const allow = `WAYBILL_ALLOW_LEGACY=${[...allowed, policy].join(',')}`;
    source.report(
      [...path, ...place],
      `${LEGACY_WAYS[policy].means}: the legacy policy \`${policy}\`, which this installation does not allow; start every process with ${allow} to allow it`,
    );
  }
}

function checkEncoding(source: ConfigurationText, path: Path, options: ParseOptions): void {
  const name = textAt(source.raw, path);
  const problem = name === undefined ? undefined : options.validateEncoding(name);
  if (name !== undefined && problem !== undefined)
    source.report(path, `\`${shown(name)}\` ${problem}`, nearestName(name, COMMON_ENCODINGS));
}

/** The bytes of a text transfer are not those of the file: nothing to go on from, and nothing to compare. */
function checkTextTransfers(source: ConfigurationText): void {
  const textual = new Set(
    entries(source, 'endpoints')
      .filter(({ value }) => textAt(value, ['transferType']) === 'text')
      .map(({ value }) => textAt(value, ['name'])),
  );
  for (const { value, path } of entries(source, 'routes')) {
    const ends = [textAt(value, ['source', 'endpoint']), textAt(value, ['destination', 'endpoint'])];
    const blocking = ends.find((name) => name !== undefined && textual.has(name));
    if (valueAt(value, ['resume']) === true && blocking !== undefined)
      source.report(
        [...path, 'resume'],
        `is not possible with \`${shown(blocking)}\`: transferType: text has no byte to go on from`,
      );
    const target = textAt(value, ['destination', 'endpoint']);
    if (target !== undefined && textual.has(target) && textAt(value, ['verify', 'minimum']) !== 'none')
      source.report(
        [...path, 'verify', 'minimum'],
        `nothing proves what \`${shown(target)}\` made of the bytes (transferType: text): write verify: {minimum: none}`,
      );
  }
}
