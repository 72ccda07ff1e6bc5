export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `tls.minVersion` of an object; undefined where it is not there. */
export function readPath(object: unknown, path: string): unknown {
  let place = object;
  for (const key of path.split('.')) {
    if (!isObject(place) || !Object.hasOwn(place, key)) return undefined;
    place = place[key];
  }
  return place;
}

/** Sets it in place, and makes the objects on the way there. */
export function writePath(object: Json, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop()!;
  let place = object;
  for (const key of keys) {
    const next = Object.hasOwn(place, key) ? place[key] : undefined;
    if (isObject(next)) place = next;
    else {
      const made: Json = {};
      place[key] = made;
      place = made;
    }
  }
  place[last] = value;
}

export function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`);
}
