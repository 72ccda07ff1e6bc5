import fc from 'fast-check';
import { fullPath, makeOpenApi, type Operation, type OperationId } from '#contract';
import { EXAMPLES } from './examples.ts';
import { type Components, type JsonSchema, valuesOf } from './schema-values.ts';
import type { Sent } from './send.ts';
import type { Cell, PartnerName, World } from './world.ts';

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: JsonSchema;
}

/** An operation as the document describes it: what a stranger with the document in hand would know. */
export interface Described {
  id: OperationId;
  operation: Operation;
  parameters: Parameter[];
  body: JsonSchema | undefined;
  /** Every status that is documented. */
  statuses: number[];
}

export const DOCUMENT = makeOpenApi('1.2.3');
export const COMPONENTS = DOCUMENT.components.schemas as Components;

export function describeOperation(id: OperationId, operation: Operation): Described {
  const described = DOCUMENT.paths[fullPath(operation)]?.[operation.method.toLowerCase()] as
    | {
        parameters: Parameter[];
        requestBody?: { content: { 'application/json': { schema: JsonSchema } } };
        responses: Record<string, object>;
      }
    | undefined;
  if (!described) throw new Error(`${id} is not in the document`);
  return {
    id,
    operation,
    parameters: described.parameters,
    body: described.requestBody?.content['application/json'].schema,
    statuses: Object.keys(described.responses).map(Number),
  };
}

/** The noun in front of a parameter: `/runs/{id}/cancel` -> `runs`. */
export function nounOf(operation: Operation): string | undefined {
  return /\/([\w-]+)\/\{\w+\}/.exec(operation.path)?.[1];
}

const NOWHERE: Readonly<Record<string, string>> = { id: '0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11' };

/** The address of this partner's object; of none where the world has no such noun. */
export function pathFor(operation: Operation, world: World, partner: PartnerName): string {
  const object = world.objects[nounOf(operation) ?? '']?.[partner];
  return fullPath(operation).replace(
    /\{(\w+)\}/g,
    (_, name: string) => object ?? NOWHERE[name] ?? 'nothing-here',
  );
}

/** A call that the schemas have nothing against, always the same one. */
export function exampleCall(described: Described, world: World, partner: PartnerName): Sent {
  const { id, operation, parameters, body } = described;
  const required = (place: Parameter['in']) =>
    parameters
      .filter((one) => one.in === place && one.required)
      .map((one) => [one.name, String(example(id, one.schema, (value) => value !== ''))]);
  const query = new URLSearchParams(required('query')).toString();
  const path = pathFor(operation, world, partner);
  const tag = parameters.some(({ name }) => name === 'if-match') ? world.tags[path] : undefined;
  return {
    method: operation.method,
    path: path + (query && `?${query}`),
    headers: {
      ...Object.fromEntries(required('header')),
      ...(tag !== undefined && { 'if-match': tag }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && {
      body: JSON.stringify(
        EXAMPLES[id]?.(partner) ?? example(id, body, (value) => operation.body!.safeParse(value).success),
      ),
    }),
  };
}

const TRIES = 500;
const SEED = 20261121;
const kept = new Map<JsonSchema, unknown>();

/** The first value that fits; said in words when none does, so that whoever adds an operation knows what to do. */
function example(id: string, schema: JsonSchema, fits: (value: unknown) => boolean): unknown {
  if (kept.has(schema)) return kept.get(schema);
  const tried = fc.sample(valuesOf(schema, COMPONENTS), { numRuns: TRIES, seed: SEED });
  const found = tried.find(fits);
  if (found === undefined)
    throw new Error(
      `${id}: none of ${TRIES} values made from its schema is accepted; say more in the schema`,
    );
  kept.set(schema, found);
  return found;
}

/** The same call, as this identity makes it. */
export function as(call: Sent, { headers }: Cell): Sent {
  return { ...call, headers: { ...call.headers, ...headers } };
}

export function withKey(call: Sent, key: string): Sent {
  return { ...call, headers: { ...call.headers, authorization: `Bearer ${key}` } };
}
