import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import express, { type Response } from 'express';
import { from, mergeMap, type Observable } from 'rxjs';
import type { FieldProblem, Operation } from '#contract';
import { ApiProblem } from './api-problem.ts';
import { operationOf, type WaybillRequest } from './operation.ts';
import { refusedInJson } from './scan-json.ts';

const MOST_BYTES = 1024 * 1024;
/** JSON is UTF-8 (RFC 8259, 8.1); express would decode UTF-7 as well, in which a quote can be spelled three ways. */
const UTF_8 = /^utf-?8$/i;
const decoder = new TextDecoder('utf-8', { fatal: true });

const parseJson = express.json({
  limit: MOST_BYTES,
  // A small body must not become a large one.
  inflate: false,
  type: () => true,
  verify(_request, _response, bytes) {
    const refused = refusedInJson(decode(bytes));
    if (refused !== undefined) throw new ApiProblem('invalid_json', `The body has ${refused}.`);
  },
});

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ApiProblem('invalid_json', 'The body is not UTF-8.');
  }
}

/** Runs after the guard: nobody without an identity has a body read. Checks all parts by the operation's schemas. */
@Injectable()
export class ReadRequest implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { operation } = operationOf(context.getHandler())!;
    const request = context.switchToHttp().getRequest<WaybillRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    if ('contentType' in operation.success) response.type(operation.success.contentType);
    return from(check(operation, request, response)).pipe(mergeMap(() => next.handle()));
  }
}

async function check(operation: Operation, request: WaybillRequest, response: Response): Promise<void> {
  const given = {
    params: request.params,
    query: request.query,
    headers: request.headers,
    body: operation.body ? await readBody(request, response) : undefined,
  };
  const problems: FieldProblem[] = [];
  const input: Record<string, unknown> = {};
  for (const part of ['params', 'query', 'headers', 'body'] as const) {
    const schema = operation[part] ?? (part === 'query' ? undefined : null);
    if (schema === null) continue;
    if (schema === undefined) {
      problems.push(
        ...Object.keys(given.query).map((name) => ({ path: `query.${name}`, message: 'unknown' })),
      );
      continue;
    }
    const parsed = schema.safeParse(given[part]);
    if (parsed.success) input[part] = parsed.data;
    else
      problems.push(
        ...parsed.error.issues.map((issue) => ({
          path: [part, ...issue.path].join('.'),
          message: issue.message,
        })),
      );
  }
  if (problems.length > 0)
    throw new ApiProblem('invalid_request', `${problems[0]!.path}: ${problems[0]!.message}`, problems);
  request.checkedInput = input;
}

async function readBody(request: WaybillRequest, response: Response): Promise<unknown> {
  const kind = request.is('application/json');
  // No body at all: every field has its default or is missed by the schema.
  if (kind === null || request.headers['content-length'] === '0') return {};
  if (kind === false) throw new ApiProblem('unsupported_media_type', 'Send Content-Type: application/json.');
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !UTF_8.test(charset))
    throw new ApiProblem('unsupported_media_type', 'JSON is UTF-8; send no other charset.');
  await new Promise<void>((resolve, reject) => {
    parseJson(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
  });
  return request.body ?? {};
}
