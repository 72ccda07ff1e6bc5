import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { Response } from 'express';
import { KeyReused, ParametersRefused, RouteDisabled, UnknownRoute, WrongState } from '#audit';
import { ConfigurationRefused } from '#configuration';
import { makeProblem, type ProblemCode } from '#contract';
import { TransferError } from '#domain';
import { IdentityRefused, TooManySignIns } from '#identity';
import { AskedTooSoon, InvalidCursor, StatementTooLong, StoreUnavailable, WorkUnderWay } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem, inBody } from './api-problem.ts';
import type { WaybillRequest } from './operation.ts';

/** The only place where something thrown becomes an HTTP answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<WaybillRequest>();
    const response = host.switchToHttp().getResponse<Response>();
    const { code, detail, errors, retryAfterS } = toApiProblem(thrown);
    const problem = makeProblem(code, { detail, errors, requestId: request.requestId });
    if (problem.status >= 500)
      this.#parts.log.error({ err: thrown, requestId: request.requestId }, 'request failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (problem.status === 429) response.setHeader('Retry-After', String(retryAfterS ?? 10));
    if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }
}

function toApiProblem(thrown: unknown): ApiProblem {
  if (thrown instanceof ApiProblem) return thrown;
  if (thrown instanceof UnknownRoute) return new ApiProblem('not_found', thrown.message);
  if (thrown instanceof RouteDisabled) return new ApiProblem('route_disabled', thrown.message);
  if (thrown instanceof KeyReused) return new ApiProblem('idempotency_key_reused', thrown.message);
  if (thrown instanceof ParametersRefused)
    return new ApiProblem(
      'invalid_request',
      thrown.message,
      thrown.problems.map(({ name, message }) => ({ path: `body.parameters.${name}`, message })),
    );
  if (thrown instanceof InvalidCursor) return new ApiProblem('invalid_cursor');
  if (thrown instanceof IdentityRefused) return identityProblem(thrown);
  if (thrown instanceof TooManySignIns) return new ApiProblem('too_many_requests', thrown.message);
  if (thrown instanceof ConfigurationRefused)
    return new ApiProblem(
      thrown.code,
      thrown.message,
      thrown.code === 'invalid_request' ? thrown.problems.map(inBody) : undefined,
    );
  if (thrown instanceof WrongState) return new ApiProblem(thrown.code, thrown.message);
  if (thrown instanceof WorkUnderWay) return new ApiProblem(`${thrown.kind}_under_way`, thrown.message);
  if (thrown instanceof AskedTooSoon)
    return new ApiProblem('too_many_requests', thrown.message, undefined, thrown.retryAfterS);
  if (thrown instanceof TransferError)
    return new ApiProblem(thrown.retry === 'never' ? 'internal' : 'unavailable', thrown.sentence);
  if (thrown instanceof HttpException) return new ApiProblem(byStatus(thrown.getStatus()));
  if (thrown instanceof StatementTooLong)
    return new ApiProblem(
      'unavailable',
      'The database took too long for this: ask for less, a route or a day.',
    );
  if (thrown instanceof StoreUnavailable)
    return new ApiProblem('unavailable', 'The database does not answer.');
  const { type } = thrown as { type?: unknown };
  if (typeof type === 'string' && Object.hasOwn(BODY_PROBLEMS, type))
    return new ApiProblem(BODY_PROBLEMS[type]!);
  return new ApiProblem('internal', 'The log carries the cause under this requestId.');
}

function identityProblem({ code, message, field, retryAfterSeconds }: IdentityRefused): ApiProblem {
  const fields = field === undefined ? undefined : [{ path: `body.${field}`, message }];
  return new ApiProblem(code, message, fields, retryAfterSeconds);
}

/** Nest itself throws for what no handler takes. */
function byStatus(status: number): ProblemCode {
  if (status === 404) return 'not_found';
  return status === 405 ? 'method_not_allowed' : status < 500 ? 'invalid_request' : 'internal';
}

/** `type` of the errors of express.json. */
const BODY_PROBLEMS: Readonly<Record<string, ProblemCode>> = {
  'entity.parse.failed': 'invalid_json',
  'entity.too.large': 'payload_too_large',
  'encoding.unsupported': 'unsupported_media_type',
  'charset.unsupported': 'unsupported_media_type',
  'request.aborted': 'invalid_request',
  'request.size.invalid': 'invalid_request',
};
