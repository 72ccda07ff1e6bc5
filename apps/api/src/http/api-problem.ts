import type { FieldProblem, ProblemCode } from '#contract';

/** Thrown by whoever refuses a request; the one filter makes the answer of it. */
export class ApiProblem extends Error {
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly errors: FieldProblem[] | undefined;

  constructor(code: ProblemCode, detail?: string, errors?: FieldProblem[]) {
    super(detail ?? code);
    this.name = 'ApiProblem';
    this.code = code;
    this.detail = detail;
    this.errors = errors;
  }
}
