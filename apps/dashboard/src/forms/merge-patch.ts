import { isObject, type Json } from './path.ts';

/** RFC 7396: only what changed, null for what is gone; a reference to a secret is one value. Empty where nothing changed. */
export function mergePatchOf(before: Json, after: Json): Json {
  const patch: Json = {};
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const was = before[key];
    if (same(was, value)) continue;
    patch[key] = isObject(was) && isObject(value) && !isReference(value) ? mergePatchOf(was, value) : value;
  }
  return patch;
}

/** As the api puts it on the object: to show what a change of mine would be on top of somebody else's. */
export function applyPatch(object: Json, patch: Json): Json {
  const merged: Json = { ...object };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (isObject(value) && !isReference(value))
      merged[key] = applyPatch(isObject(merged[key]) ? merged[key] : {}, value);
    else merged[key] = value;
  }
  return merged;
}

export interface Difference {
  path: string;
  before: unknown;
  after: unknown;
}

/** Leaf by leaf; a list and a reference are one value each. */
export function differences(before: Json, after: Json, prefix = ''): Difference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key): Difference[] => {
    const path = `${prefix}${key}`;
    const [was, is] = [before[key], after[key]];
    if (same(was, is)) return [];
    const inner = (value: unknown) => (isObject(value) && !isReference(value) ? value : undefined);
    const [wasInner, isInner] = [inner(was), inner(is)];
    if ((wasInner || isInner) && (wasInner ?? was) === wasInner && (isInner ?? is) === isInner)
      return differences(wasInner ?? {}, isInner ?? {}, `${path}.`);
    return [{ path, before: was, after: is }];
  });
}

const REFERENCES = new Set(['secret', 'env', 'file', 'cleared']);

/** Its value is a text or a flag: a parameter of a route may be named `env`, and is none. */
export function isReference(value: unknown): value is Json {
  if (!isObject(value)) return false;
  const [key, ...others] = Object.keys(value);
  return key !== undefined && others.length === 0 && REFERENCES.has(key) && typeof value[key] !== 'object';
}

function same(one: unknown, other: unknown): boolean {
  if (isObject(one) && isObject(other)) {
    const keys = Object.keys(one);
    return keys.length === Object.keys(other).length && keys.every((key) => same(one[key], other[key]));
  }
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => same(item, other[index]));
  return one === other;
}
