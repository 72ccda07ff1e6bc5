import type { FieldProblem, ProblemCode } from '#contract';

/** Thrown by whoever refuses a request; the one filter makes the answer of it. */
export class ApiProblem extends Error {
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly errors: FieldProblem[] | undefined;
  /** When the same request may do better. */
  readonly retryAfterS: number | undefined;

  constructor(code: ProblemCode, detail?: string, errors?: FieldProblem[], retryAfterS?: number) {
    super(detail ?? code);
    this.name = 'ApiProblem';
    this.code = code;
    this.detail = detail;
    this.errors = errors;
    this.retryAfterS = retryAfterS;
  }
}

/** What is wrong with an object is wrong with the body that describes it. */
export function inBody({ path, message }: FieldProblem): FieldProblem {
  return { path: path === '' ? 'body' : `body.${path}`, message };
}

/** Of what the rules of the configuration have against a body. */
export function bodyRefused(problems: readonly FieldProblem[]): ApiProblem {
  const fields = problems.map(inBody);
  return new ApiProblem('invalid_request', fields[0] && `${fields[0].path}: ${fields[0].message}`, fields);
}
