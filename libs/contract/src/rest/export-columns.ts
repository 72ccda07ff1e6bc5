import { z } from 'zod';
import { nearestName } from '../configuration/nearest-name.ts';

/** `state`, `error.code`: a path into the object of a list. */
export interface ExportColumns {
  /** What stands in one cell: all of it is exported where nobody says otherwise. */
  flat: readonly string[];
  /** Lists and objects as well. */
  all: readonly string[];
}

/** Read off the schema of the list's objects: a field that they get is a column with it. */
export function columnsOf(schema: z.ZodObject): ExportColumns {
  const fields = Object.entries(schema.shape) as [string, z.ZodType][];
  const flat = fields.flatMap(([name, field]) => flatPaths(name, field));
  return { flat, all: [...new Set(fields.flatMap(([name, field]) => [name, ...flatPaths(name, field)]))] };
}

function flatPaths(path: string, field: z.ZodType): string[] {
  if (field instanceof z.ZodNullable || field instanceof z.ZodOptional)
    return flatPaths(path, field.unwrap() as z.ZodType);
  if (field instanceof z.ZodObject)
    return Object.entries(field.shape).flatMap(([name, inner]) =>
      flatPaths(`${path}.${name}`, inner as z.ZodType),
    );
  // A table of known keys has a column for each; one whose keys somebody else chooses has none, nor has a list.
  if (field instanceof z.ZodRecord)
    return field.keyType instanceof z.ZodEnum ? field.keyType.options.map((key) => `${path}.${key}`) : [];
  return field instanceof z.ZodArray ? [] : [path];
}

/** `columns=id,state,error.code`: of a closed list, each once, in the order that is asked for. */
export function columnsSchema({ flat, all }: ExportColumns) {
  const one = `(?:${all.map((name) => name.replaceAll('.', '\\.')).join('|')})`;
  return z
    .string()
    .regex(new RegExp(`^${one}(?:,${one})*$`), {
      error: ({ input }) => sayUnknown(String(input).split(','), all),
      abort: true,
    })
    .refine((text) => new Set(text.split(',')).size === text.split(',').length, 'names a column twice')
    .transform((text) => text.split(','))
    .prefault(flat.join(','))
    .describe(
      'Separated by commas, in the order wanted; by default all that hold one value. Lists and objects can be named as well',
    );
}

function sayUnknown(asked: readonly string[], all: readonly string[]): string {
  const wrong = asked.find((name) => !all.includes(name))!;
  const nearest = nearestName(wrong, all);
  const hint = nearest === undefined ? `; there are ${all.join(', ')}` : `; did you mean \`${nearest}\`?`;
  return `there is no column \`${wrong.slice(0, 100)}\`${hint}`;
}

/** What stands there; undefined: nothing, or nothing above it. */
export function valueAt(item: object, path: string): unknown {
  let value: unknown = item;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
