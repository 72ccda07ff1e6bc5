import { RE2JS } from 're2js';
import { z } from 'zod';
import { parametersIn, parameterValueProblem } from '#domain';
import { type ConfigurationText, type Path, textAt, valueAt } from './configuration-text.ts';
import { regexProblem } from './file-patterns.ts';
import { nearestName } from './nearest-name.ts';
import { text } from './schema-parts.ts';
import { shown } from './values.ts';

const MOST_PARAMETERS = 20;

/** Stands in templates, on command lines and in JSON; names that every object has are nobody's. */
const parameterName = z
  .string()
  .regex(
    /^(?!constructor$|prototype$)[A-Za-z][A-Za-z0-9_]{0,49}$/,
    'a parameter has a name of 1 to 50 letters, digits, underscores, and begins with a letter',
  );

const parameterSchema = z
  .strictObject({
    pattern: text(regexProblem).describe('RE2; the whole value has to match'),
    default: z.string().optional().describe('For runs that give none'),
  })
  .check((context) => {
    const { pattern, default: value } = context.value;
    if (value === undefined || regexProblem(pattern) !== undefined) return;
    const problem = valueProblem(pattern, value);
    if (problem !== undefined)
      context.issues.push({ code: 'custom', message: problem, path: ['default'], input: value });
  });

function valueProblem(pattern: string, value: string): string | undefined {
  const unsafe = parameterValueProblem(value);
  if (unsafe !== undefined) return unsafe;
  return RE2JS.compile(pattern).matches(value) ? undefined : 'does not match its own pattern';
}

export const parametersSchema = z
  .record(parameterName, parameterSchema)
  .refine((declared) => Object.keys(declared).length <= MOST_PARAMETERS, {
    message: `at most ${MOST_PARAMETERS} parameters`,
  });

/** Where `{param.NAME}` may stand. */
const PLACES: readonly Path[] = [
  ['source', 'path'],
  ['source', 'select'],
  ['source', 'exclude'],
  ['destination', 'path'],
  ['destination', 'name'],
];
/** Where it would be taken for text, or for a part of an expression. */
const NO_PLACES: readonly Path[] = [
  ['source', 'regex'],
  ['afterDelivery', 'to'],
];

/** What a route's templates ask for is declared, what is declared is asked for, and a schedule gives no values. */
export function checkParameters(source: ConfigurationText, route: unknown, path: Path): void {
  const declared = valueAt(route, ['parameters']);
  const names = declared !== null && typeof declared === 'object' ? Object.keys(declared) : [];
  const asked = new Set<string>();
  for (const { place, template } of PLACES.flatMap((at) => textsAt(route, at))) {
    for (const name of parametersIn(template)) {
      asked.add(name);
      if (!names.includes(name))
        source.report(
          [...path, ...place],
          `the route declares no parameter \`${shown(name)}\``,
          nearestName(name, names),
        );
    }
  }
  for (const { place, template } of NO_PLACES.flatMap((at) => textsAt(route, at))) {
    if (parametersIn(template).length > 0)
      source.report(
        [...path, ...place],
        'parameters stand in source.path, select, exclude, destination.path and destination.name only',
      );
  }
  const scheduled = valueAt(route, ['schedule']) !== undefined;
  for (const name of names) {
    const place = [...path, 'parameters', name];
    if (!asked.has(name))
      source.report(place, `nothing of the route asks for it: write {param.${shown(name)}}`);
    else if (scheduled && textAt(declared, [name, 'default']) === undefined)
      source.report(place, 'a schedule gives no values: its runs need a default');
  }
}

/** Of a look, which is no run and is given nothing. */
export function refuseParameters(source: ConfigurationText, route: unknown, path: Path): void {
  const places = [...PLACES, ...NO_PLACES].filter(([part]) => part === 'source');
  for (const { place, template } of places.flatMap((at) => textsAt(route, at)))
    for (const name of parametersIn(template))
      source.report(
        [...path, ...place],
        `a look has no values for parameters: write what a run would be given instead of {param.${shown(name)}}`,
      );
}

function textsAt(route: unknown, place: Path): { place: Path; template: string }[] {
  const value = valueAt(route, place);
  if (typeof value === 'string') return [{ place, template: value }];
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown, index) =>
    typeof item === 'string' ? [{ place: [...place, index], template: item }] : [],
  );
}
