import { RE2JS } from 're2js';
import {
  parameterValueProblem,
  type RouteParameter,
  type RunParameters,
  TransferError,
  type TransferRoute,
} from '#domain';

/** What is wrong with one of them. */
export interface ParameterProblem {
  name: string;
  message: string;
}

/** The run was asked for with parameters that its route does not take. */
export class ParametersRefused extends Error {
  readonly problems: readonly ParameterProblem[];

  constructor(routeName: string, problems: readonly ParameterProblem[]) {
    super(
      `The parameters are not those of route ${routeName}: ${problems.map(({ name, message }) => `${name} ${message}`).join('; ')}.`,
    );
    this.name = 'ParametersRefused';
    this.problems = problems;
  }
}

/** What was given, and for the rest the defaults. @throws ParametersRefused */
export function fillParameters(
  route: Pick<TransferRoute, 'name' | 'parameters'>,
  given: RunParameters,
): RunParameters {
  const declared = route.parameters ?? {};
  const problems: ParameterProblem[] = Object.keys(given)
    .filter((name) => !Object.hasOwn(declared, name))
    .map((name) => ({ name, message: 'not declared by the route' }));
  const values: Record<string, string> = {};
  for (const [name, parameter] of Object.entries(declared)) {
    const value = Object.hasOwn(given, name) ? given[name] : parameter.default;
    const problem = value === undefined ? 'is missing' : valueProblem(parameter, value);
    if (problem === undefined) values[name] = value!;
    else problems.push({ name, message: problem });
  }
  if (problems.length > 0) throw new ParametersRefused(route.name, problems);
  return values;
}

/** What the runs of a schedule get, which asks for nothing; one that lacks something is told so when it is planned. */
export function defaultParameters({ parameters = {} }: Pick<TransferRoute, 'parameters'>): RunParameters {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/**
 * The same for a run that was taken earlier: its route may have been changed since, and what no longer fits moves nothing.
 * @throws TransferError
 */
export function recheckParameters(route: TransferRoute, recorded: RunParameters): RunParameters {
  try {
    return fillParameters(route, recorded);
  } catch (error) {
    if (!(error instanceof ParametersRefused)) throw error;
    throw new TransferError('invalid_configuration', { phase: 'list', detail: error.message, cause: error });
  }
}

function valueProblem({ pattern }: RouteParameter, value: string): string | undefined {
  const unsafe = parameterValueProblem(value);
  if (unsafe !== undefined) return unsafe;
  return matcherOf(pattern).matches(value) ? undefined : `does not match ${pattern}`;
}

const MOST_MATCHERS = 1_000;
const matchers = new Map<string, RE2JS>();

/** A route is triggered more often than it is changed. */
function matcherOf(pattern: string): RE2JS {
  const known = matchers.get(pattern);
  if (known) return known;
  if (matchers.size === MOST_MATCHERS) matchers.clear();
  const made = RE2JS.compile(pattern);
  matchers.set(pattern, made);
  return made;
}
