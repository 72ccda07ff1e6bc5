import fc, { type Arbitrary } from 'fast-check';

/** A JSON schema as the OpenAPI document carries it. */
export interface JsonSchema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  $ref?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  maxItems?: number;
  default?: unknown;
}

export type Components = Record<string, JsonSchema>;

const DEEPEST = 8;

/** Values that fit a schema, as far as schemas can say it: the rules that stand only in code refuse some of them. */
export function valuesOf(schema: JsonSchema, components: Components, depth = 0): Arbitrary<unknown> {
  if (depth > DEEPEST) return fc.constant(null);
  const inner = (part: JsonSchema) => valuesOf(part, components, depth + 1);
  if (schema.$ref !== undefined) return inner(resolve(schema.$ref, components));
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(inner));
  if (schema.allOf) return inner(Object.assign({}, ...schema.allOf) as JsonSchema);
  const types = [schema.type ?? 'any'].flat();
  return fc.oneof(...types.map((type) => ofType(type, schema, inner)));
}

function ofType(
  type: string,
  schema: JsonSchema,
  inner: (part: JsonSchema) => Arbitrary<unknown>,
): Arbitrary<unknown> {
  switch (type) {
    case 'object':
      return objects(schema, inner);
    case 'array':
      return fc.array(inner(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, Math.max(3, schema.minItems ?? 0)),
      });
    case 'string':
      return strings(schema);
    case 'integer':
      return fc.integer(bounds(schema, 1));
    case 'number':
      return fc.double({ ...bounds(schema, 0), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function objects(schema: JsonSchema, inner: (part: JsonSchema) => Arbitrary<unknown>): Arbitrary<unknown> {
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => [name, inner(field)] as const,
  );
  const known = fc.record(Object.fromEntries(fields), { requiredKeys: schema.required ?? [] });
  const { additionalProperties: rest } = schema;
  if (typeof rest !== 'object' || rest === null) return known;
  const more = fc.dictionary(
    schema.propertyNames ? strings(schema.propertyNames) : fc.string({ minLength: 1, maxLength: 8 }),
    inner(rest),
    { maxKeys: 2 },
  );
  return fc.tuple(known, more).map(([one, other]) => ({ ...other, ...one }));
}

const FORMATS: Readonly<Record<string, Arbitrary<string>>> = {
  uuid: fc.uuid(),
  'date-time': fc
    .date({ min: new Date('1970-01-02'), max: new Date('2999-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  date: fc
    .date({ min: new Date('1970-01-02'), max: new Date('2999-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
};

function strings({ pattern, format, minLength = 0, maxLength }: JsonSchema): Arbitrary<string> {
  const known = format === undefined ? undefined : FORMATS[format];
  if (known) return known;
  if (pattern !== undefined) return matching(pattern, minLength, maxLength);
  return fc.string({ minLength, maxLength: Math.min(maxLength ?? 20, Math.max(20, minLength)) });
}

/** Where no generator understands the pattern, names are tried: the fuzz says when nothing gets through. */
function matching(pattern: string, minLength: number, maxLength = 2_000): Arbitrary<string> {
  const expression = new RegExp(pattern, /\\p\{/.test(pattern) ? 'u' : '');
  const plain = fc.constantFrom('a', 'nightly', '/out', '1', '2026-11-21', '0 * * * *', '00:00');
  try {
    return fc
      .stringMatching(expression, { size: '-1' })
      .filter((text) => text.length >= minLength && text.length <= maxLength);
  } catch {
    return plain;
  }
}

function bounds(
  { minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema,
  step: number,
): { min: number; max: number } {
  const least = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + step);
  const most = maximum ?? (exclusiveMaximum === undefined ? undefined : exclusiveMaximum - step);
  const min = Math.max(least ?? -1_000, -(2 ** 31));
  return { min, max: Math.min(most ?? Math.max(min, 0) + 100_000, 2 ** 31 - 1) };
}

function resolve(reference: string, components: Components): JsonSchema {
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  const found = components[name];
  if (!found) throw new Error(`${reference} is in no component`);
  return found;
}
