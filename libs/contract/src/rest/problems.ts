import { z } from 'zod';

/** Everything that an answer of the api can complain about. */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  invalid_cursor: { status: 400, title: 'The cursor is not one of this list' },
  unauthenticated: { status: 401, title: 'An API key is required' },
  forbidden: { status: 403, title: 'The role does not allow this' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  route_disabled: { status: 409, title: 'The route is switched off' },
  run_finished: { status: 409, title: 'The run is over' },
  run_not_finished: { status: 409, title: 'The run is not over' },
  nothing_to_rerun: { status: 409, title: 'The run has nothing that could be tried again' },
  route_changed: { status: 409, title: 'The route goes somewhere else now' },
  transfer_not_held: { status: 409, title: 'The transfer is not held' },
  decision_impossible: { status: 409, title: 'The held transfer cannot be decided like this' },
  already_paused: { status: 409, title: 'It is paused already' },
  not_paused: { status: 409, title: 'It is not paused' },
  incident_conflict: { status: 409, title: 'The incident is not in a state for this' },
  probe_under_way: { status: 409, title: 'The endpoint is being examined already' },
  too_many_requests: { status: 429, title: 'Asked again too soon' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be plain JSON' },
  unavailable: { status: 503, title: 'A part that this needs is not available' },
  internal: { status: 500, title: 'An unexpected error inside Waybill' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;
const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

export interface FieldProblem {
  /** `body.parameters.date`, `query.limit` */
  path: string;
  message: string;
}

/** RFC 9457 problem details, with `code` for programs. */
export const problemSchema = z.strictObject({
  type: z.string().describe('`urn:waybill:problem:` and the code'),
  title: z.string(),
  status: z.int(),
  code: z.enum(CODES),
  detail: z.string().optional(),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  requestId: z.string().optional().describe('The X-Request-Id under which the log knows it'),
});
export type Problem = z.infer<typeof problemSchema>;

export function makeProblem(
  code: ProblemCode,
  more: { detail?: string | undefined; errors?: FieldProblem[] | undefined; requestId?: string | undefined },
): Problem {
  const { status, title } = PROBLEMS[code];
  return {
    type: `urn:waybill:problem:${code}`,
    title,
    status,
    code,
    ...(more.detail !== undefined && { detail: more.detail }),
    ...(more.errors !== undefined && { errors: more.errors }),
    ...(more.requestId !== undefined && { requestId: more.requestId }),
  };
}
