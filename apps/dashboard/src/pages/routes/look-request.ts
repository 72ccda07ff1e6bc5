import { isObject, type Json, readPath } from '../../forms/path.ts';

/** `{param.NAME}` */
const PLACEHOLDER = /\{param\.([^{}]*)\}/g;

export interface LookRequest {
  endpoint: string;
  /** As `source` of a route, without its endpoint. */
  body: Json;
  /** Where only certain workers reach the partner. */
  workerTag: string | undefined;
}

/** Names that the selection asks for: a look is no run, and is given what they stand for. */
export function parametersOfSource(route: Json): string[] {
  const { source } = route;
  if (!isObject(source)) return [];
  const texts = [source['path'], source['select'], source['exclude']].flat().map(String);
  return [...new Set(texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].map(([, name]) => name!)))];
}

/** Each declared one with its default, and what somebody has said instead. */
export function valuesFor(route: Json, said: Readonly<Record<string, string>>): Record<string, string> {
  const declared = isObject(route['parameters']) ? route['parameters'] : {};
  const defaults = Object.entries(declared).flatMap(([name, parameter]) => {
    const value = readPath(parameter, 'default');
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  const given = Object.entries(said).filter(([, value]) => value !== '');
  return { ...Object.fromEntries(defaults), ...Object.fromEntries(given) };
}

/** What to ask for; undefined as long as there is nothing to look at. */
export function lookRequestOf(
  route: Json,
  values: Readonly<Record<string, string>>,
): LookRequest | undefined {
  const { source } = route;
  if (!isObject(source)) return undefined;
  const { endpoint, ...selection } = source;
  if (typeof endpoint !== 'string' || typeof selection['path'] !== 'string') return undefined;
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== 'string') return value;
    return value.replace(PLACEHOLDER, (placeholder, name: string) => values[name] ?? placeholder);
  };
  const body = Object.fromEntries(
    Object.entries(selection).map(([key, value]) => [key, key === 'regex' ? value : fill(value)]),
  );
  const { workerTag } = route;
  return { endpoint, body, workerTag: typeof workerTag === 'string' ? workerTag : undefined };
}
