import { randomUUID } from 'node:crypto';
import type { NextFunction, Response } from 'express';
import type { HttpConfig } from '#config';
import type { Logger, Metrics } from '#telemetry';
import { ApiProblem } from './api-problem.ts';
import { SERVER_LIMITS } from './http-server.ts';
import type { WaybillRequest } from './operation.ts';
import { findPeer } from './peer.ts';
import type { RateLimits } from './rate-limits.ts';

const REQUEST_ID = /^[\w.-]{1,64}$/;
/** No name in any address needs more; two spellings of one address is how guards are passed by. */
const PLAIN_PATH = /^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/?$/;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Far beyond any filter combination, and short enough for a log. */
const MOST_CHARACTERS = 4_096;

/** Node keeps the first of several, others the last: two programs would not see the same request. */
const SAID_ONCE = ['authorization', 'host', 'content-type', 'content-length', 'idempotency-key'];

function countHeader({ rawHeaders }: WaybillRequest, name: string): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]!.toLowerCase() === name) count++;
  return count;
}

export interface GateParts {
  log: Logger;
  metrics: Metrics;
  limits: RateLimits;
  http: HttpConfig;
}

/**
 * First of all: gives the request its id, finds out where it comes from, counts and logs its answer, and refuses addresses
 * with two readings.
 */
export function requestGate({ log, metrics, limits, http }: GateParts) {
  return (request: WaybillRequest, response: Response, next: NextFunction): void => {
    request.peer = findPeer(request, http);
    const given = request.headers['x-request-id'];
    request.requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    response.setHeader('X-Request-Id', request.requestId);
    response.setHeader('Cache-Control', 'no-store');
    response.on('finish', () => {
      metrics.requests.inc({ method: request.method, status: String(response.statusCode) });
      log.debug(
        {
          requestId: request.requestId,
          method: request.method,
          status: response.statusCode,
          address: request.peer.address,
          caller: request.identity?.name,
        },
        'answered',
      );
    });
    // Refused addresses are paid for as well: looking for an open one must not be free.
    next(limits.admit(request, response) ?? refusal(request));
  };
}

function refusal(request: WaybillRequest): ApiProblem | undefined {
  // What no operation uses is refused before anything is routed.
  if (!METHODS.has(request.method)) return new ApiProblem('method_not_allowed');
  if (request.url.length > MOST_CHARACTERS)
    return new ApiProblem('invalid_request', `The address is longer than ${MOST_CHARACTERS} characters.`);
  // PostgreSQL has no NUL in text, and no filter of ours means one.
  if (request.url.includes('%00')) return new ApiProblem('invalid_request', 'The address holds a NUL.');
  if (request.rawHeaders.length > 2 * SERVER_LIMITS.headerFields)
    return new ApiProblem('too_many_headers', `There are more than ${SERVER_LIMITS.headerFields}.`);
  const twice = SAID_ONCE.find((name) => countHeader(request, name) > 1);
  if (twice) return new ApiProblem('invalid_request', `The header field ${twice} is there twice.`);
  const path = request.url.split('?', 1)[0]!;
  return PLAIN_PATH.test(path) ? undefined : new ApiProblem('not_found');
}
