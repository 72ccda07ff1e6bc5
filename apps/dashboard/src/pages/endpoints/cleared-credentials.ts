import { isObject, type Json, readPath } from '../../forms/path.ts';

const NAMES = {
  password: 'the password',
  account: 'the account',
  'proxy.password': 'the password at the proxy',
} as const;
type Credential = keyof typeof NAMES;

/**
 * Which credentials a change would be cleared of, as the api does it: they belong to the server they were given for, and
 * another host, port or proxy is shown none of them unless the same change gives them.
 */
export function clearedByMove(before: Json | undefined, after: Json): Credential[] {
  if (!before || before['protocol'] === 'local' || after['protocol'] === 'local') return [];
  const otherProxy = isObject(after['proxy']) && !samePlace(before['proxy'], after['proxy']);
  const otherTrust = isObject(after['proxy']) && trustOf(before) !== trustOf(after);
  const moved = !samePlace(before, after) || otherProxy || otherTrust;
  const stays = (path: Credential) => {
    const reference = readPath(after, path);
    return reference !== undefined && JSON.stringify(readPath(before, path)) === JSON.stringify(reference);
  };
  const affected: Credential[] = [
    ...(moved ? (['password', 'account'] as const) : []),
    ...(otherProxy ? (['proxy.password'] as const) : []),
  ];
  return affected.filter((path) => stays(path) && readPath(after, `${path}.cleared`) !== true);
}

function samePlace(one: unknown, other: unknown): boolean {
  return ['host', 'port'].every((key) => readPath(one, key) === readPath(other, key)) && isObject(one);
}

function trustOf(endpoint: Json): string {
  const paths = ['protocol', 'mode', 'tls.ca', 'tls.pins', 'tls.serverName', 'tls.clearCommandChannel'];
  return JSON.stringify(paths.map((path) => readPath(endpoint, path)));
}

/** `the password and the account`. */
export function credentialWords(paths: readonly Credential[]): string {
  const words = paths.map((path) => NAMES[path]);
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** The same references, said again with the change: then they stay. */
export function withCredentials(patch: Json, object: Json, paths: readonly Credential[]): Json {
  const said = structuredClone(patch);
  for (const path of paths) {
    if (path !== 'proxy.password') said[path] = readPath(object, path);
    else
      said['proxy'] = { ...(isObject(said['proxy']) ? said['proxy'] : {}), password: readPath(object, path) };
  }
  return said;
}
