import type { FieldProblem, ProblemCode } from '#contract';

/** Nothing was changed, and why. */
export class ConfigurationRefused extends Error {
  readonly code: ProblemCode;
  /** For `invalid_request`: the path of each bad field within the object; empty for the object as a whole. */
  readonly problems: readonly FieldProblem[];

  constructor(code: ProblemCode, message: string, problems: readonly FieldProblem[] = []) {
    super(message);
    this.name = 'ConfigurationRefused';
    this.code = code;
    this.problems = problems;
  }
}

export function refuseFields(problems: readonly FieldProblem[]): ConfigurationRefused {
  const first = problems[0]!;
  const where = first.path === '' ? '' : `${first.path}: `;
  return new ConfigurationRefused('invalid_request', `${where}${first.message}`, problems);
}
