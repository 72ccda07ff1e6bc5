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
