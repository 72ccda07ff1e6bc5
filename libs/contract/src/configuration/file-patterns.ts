import { RE2JS } from 're2js';
import { parametersIn } from '#domain';
import { hasControlCharacter, shown, type ValueRule } from './values.ts';

/** What the engine's templates know of a file's name, and of the run that moves it. */
const OF_THE_NAME = ['{name}', '{stem}', '{extension}'];
const OF_THE_RUN = ['{date}', '{time}'];

const PLACEHOLDER = /\{[^}]*\}/g;

/** Whether the route declares the parameters, `checkParameters` looks. */
export const nameTemplateProblem: ValueRule = (template) =>
  templateProblem(template, [
    ...OF_THE_NAME,
    ...OF_THE_RUN,
    ...parametersIn(template).map((name) => `{param.${name}}`),
  ]);

function templateProblem(template: string, known: readonly string[]): string | undefined {
  if (template.includes('/') || template === '') return 'a name, not a path: put directories into `path`';
  if (hasControlCharacter(template)) return 'line breaks and control characters are refused';
  if (template.length > 255) return 'at most 255 characters';
  const unknown = (template.match(PLACEHOLDER) ?? []).find((found) => !known.includes(found));
  return unknown === undefined ? undefined : `${shown(unknown)} is not known; there are ${known.join(', ')}`;
}

/** A marker stands beside its file, and its name must say whose it is. */
export const markerProblem: ValueRule = (template) => {
  if (template.includes('/')) return 'a name, not a path: a marker stands beside its file';
  const problem = templateProblem(template, OF_THE_NAME);
  if (problem !== undefined) return problem;
  if (!template.includes('{name}') && !template.includes('{stem}'))
    return 'one marker for all files says nothing of any: it needs {name} or {stem}';
  return template.replace(PLACEHOLDER, '') === ''
    ? 'every file would be a marker: it needs text of its own, such as {name}.done'
    : undefined;
};

/** Time is the length of a name times this: what a person writes has some dozens, `{0,1000}` over and over a hundred thousand. */
const MOST_STEPS = 5_000;

/** The engine's own dialect judges: what is accepted here is matched there, in time linear to the name. */
export const regexProblem: ValueRule = (expression) => {
  if (expression === '') return 'an empty expression selects nothing';
  if (expression.length > 1_000) return 'at most 1000 characters';
  try {
    return RE2JS.compile(expression).programSize() <= MOST_STEPS
      ? undefined
      : 'its repetitions multiply to more steps than any name needs';
  } catch (error) {
    return `not a regular expression of RE2 (no look-around, no back references): ${shown(reasonOf(error))}`;
  }
};

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
