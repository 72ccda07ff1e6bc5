/** What a run may be given by whoever asks for it: only text that `pattern` matches as a whole. */
export interface RouteParameter {
  /** RE2. */
  pattern: string;
  /** For runs that give none, those of the schedule among them; without it the parameter has to be given. */
  default?: string | undefined;
}

/** Values by name. */
export type RunParameters = Readonly<Record<string, string>>;

/** A part of a name; longer ones no server takes. */
const LONGEST_VALUE = 200;

/**
 * What is wrong with a value, whatever its pattern allows. It stands in paths and names: it may neither leave its folder
 * nor be read in two ways.
 */
export function parameterValueProblem(value: string): string | undefined {
  if (value === '') return 'is empty';
  if (value.length > LONGEST_VALUE) return `is longer than ${LONGEST_VALUE} characters`;
  if (/[/\\]/.test(value)) return 'holds a slash';
  if (value === '.' || value.includes('..')) return 'would lead to another folder';
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(value) ? 'holds control characters' : undefined;
}

const PLACEHOLDER = /\{param\.([^{}]*)\}/g;

/** The names that a template asks for, as they stand in `{param.NAME}`. */
export function parametersIn(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, name]) => name!);
}

/** One pass: a value that looks like a placeholder stays as it is. @throws when a name has no value */
export function substituteParameters(
  template: string,
  values: RunParameters,
  spell: (value: string) => string = (value) => value,
): string {
  return template.replace(PLACEHOLDER, (_, name: string) => {
    if (!Object.hasOwn(values, name)) throw new RangeError(`parameter ${name} has no value`);
    return spell(values[name]!);
  });
}
