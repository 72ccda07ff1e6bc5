import { refuseFields } from './configuration-refused.ts';

type Json = Record<string, unknown>;

/** The deepest object of the configuration has three levels. */
const DEEPEST = 10;

/**
 * RFC 7396: objects are merged, null removes, everything else replaces. The reference to a secret is one value, though it is
 * written as an object: `{env: …}` takes the place of `{secret: …}`.
 * @throws ConfigurationRefused where the patch is deeper than anything that could be configured
 */
export function mergePatch(target: Json, patch: Json): Json {
  return merge(target, patch, []);
}

function merge(target: unknown, patch: Json, path: readonly string[]): Json {
  if (path.length > DEEPEST) throw refuseFields([{ path: path.slice(0, 3).join('.'), message: 'too deep' }]);
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else if (isReference(value)) merged.set(key, value);
    else if (isObject(value)) merged.set(key, merge(merged.get(key), value, [...path, key]));
    else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}

const REFERENCES = new Set(['secret', 'env', 'file', 'cleared']);

/** Its value is a text or a flag: a parameter of a route may be named `env`, and is none. */
function isReference(value: unknown): boolean {
  if (!isObject(value)) return false;
  const [key, ...others] = Object.keys(value);
  return key !== undefined && others.length === 0 && REFERENCES.has(key) && typeof value[key] !== 'object';
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
