import { isReference } from '../../../forms/merge-patch.ts';
import { isObject } from '../../../forms/path.ts';

/** By secret the endpoints that refer to it, each once. */
export function secretUses(endpoints: readonly { name: string }[]): ReadonlyMap<string, readonly string[]> {
  const uses = new Map<string, string[]>();
  for (const endpoint of endpoints)
    for (const secret of new Set(secretsIn(endpoint)))
      uses.set(secret, [...(uses.get(secret) ?? []), endpoint.name]);
  return uses;
}

function secretsIn(value: unknown): string[] {
  if (isReference(value)) return typeof value['secret'] === 'string' ? [value['secret']] : [];
  if (Array.isArray(value)) return value.flatMap(secretsIn);
  return isObject(value) ? Object.values(value).flatMap(secretsIn) : [];
}
