import { z } from 'zod';

/** Everything that an answer of the api can complain about. */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  invalid_cursor: { status: 400, title: 'The cursor is not one of this list' },
  weak_password: { status: 400, title: 'The password is too easy to guess' },
  unknown_name: { status: 400, title: 'Something named in the request does not exist' },
  unauthenticated: { status: 401, title: 'An API key or a session is required' },
  sign_in_refused: { status: 401, title: 'Name, password or code is not right' },
  second_factor_required: { status: 401, title: 'The second factor is missing' },
  forbidden: { status: 403, title: 'The role does not allow this' },
  csrf_refused: { status: 403, title: 'Nothing proves that the own page asks for this' },
  https_required: { status: 403, title: 'This is for https alone' },
  password_change_required: { status: 403, title: 'The one-time password must be replaced first' },
  person_required: { status: 403, title: 'Only a person with a session can do this' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  route_disabled: { status: 409, title: 'The route is switched off' },
  idempotency_key_reused: { status: 409, title: 'The Idempotency-Key belongs to another request' },
  run_finished: { status: 409, title: 'The run is over' },
  run_not_finished: { status: 409, title: 'The run is not over' },
  nothing_to_rerun: { status: 409, title: 'The run has nothing that could be tried again' },
  route_changed: { status: 409, title: 'The route goes somewhere else now' },
  transfer_not_held: { status: 409, title: 'The transfer is not held' },
  decision_impossible: { status: 409, title: 'The held transfer cannot be decided like this' },
  already_paused: { status: 409, title: 'It is paused already' },
  no_schedule: { status: 409, title: 'The route has no schedule' },
  not_paused: { status: 409, title: 'It is not paused' },
  incident_conflict: { status: 409, title: 'The incident is not in a state for this' },
  name_taken: { status: 409, title: 'There is one of this name already' },
  in_use: { status: 409, title: 'Something else refers to it' },
  precondition_failed: { status: 412, title: 'It has changed since it was read' },
  precondition_required: { status: 428, title: 'If-Match is required' },
  approval_decided: { status: 409, title: 'It is decided already' },
  approval_outdated: { status: 409, title: 'The configuration has changed since it was asked for' },
  second_person_required: { status: 403, title: 'Another person has to approve it' },
  last_admin: { status: 409, title: 'Somebody has to stay admin' },
  own_account: { status: 409, title: 'The own account is not changed like this' },
  no_password: { status: 409, title: 'The person signs in at the identity provider' },
  second_factor_conflict: { status: 409, title: 'The second factor is not in a state for this' },
  endpoint_paused: { status: 409, title: 'The endpoint is paused' },
  look_under_way: { status: 409, title: 'Somebody looks at the endpoint already' },
  probe_under_way: { status: 409, title: 'The endpoint is being examined already' },
  no_sealing_key: { status: 409, title: 'No worker has made the key to seal with yet' },
  too_many_requests: { status: 429, title: 'Asked again too soon' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  too_many_headers: { status: 431, title: 'Too many header fields' },
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
