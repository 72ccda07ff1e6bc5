import type { OperationId, SaidProblem } from '#contract';

/** The api answered, and not with what was asked for. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly operation: OperationId;
  readonly status: number;
  /** undefined where something between here and the api answered in its own way. */
  readonly problem: SaidProblem | undefined;
  /** When asking again makes sense, in seconds; where the api has said so. */
  readonly retryAfterS: number | undefined;

  constructor(
    operation: OperationId,
    status: number,
    problem: SaidProblem | undefined,
    retryAfterS?: number | undefined,
  ) {
    super(problem?.detail ?? problem?.title ?? `The server answered with status ${status}.`);
    this.operation = operation;
    this.status = status;
    this.problem = problem;
    this.retryAfterS = retryAfterS;
  }

  get code(): string | undefined {
    return this.problem?.code;
  }
}

/** There was no answer: the api is away, or the way to it. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  constructor(cause: unknown) {
    super(
      'Waybill cannot be reached. What you see may be out of date; it goes on by itself when the connection is back.',
      {
        cause,
      },
    );
  }
}

/** undefined for what is no problem document (RFC 9457). */
export function readProblem(text: string): SaidProblem | undefined {
  try {
    const said: unknown = JSON.parse(text);
    return isProblem(said) ? said : undefined;
  } catch {
    return undefined;
  }
}

function isProblem(said: unknown): said is SaidProblem {
  return (
    typeof said === 'object' &&
    said !== null &&
    'code' in said &&
    typeof said.code === 'string' &&
    'title' in said &&
    typeof said.title === 'string'
  );
}

/** Each bad field of a form by its path, `tls.pins.0`; empty where nothing points at a field. */
export function fieldProblems(error: unknown): { path: string; message: string }[] {
  return error instanceof Refused ? (error.problem?.errors ?? []) : [];
}
