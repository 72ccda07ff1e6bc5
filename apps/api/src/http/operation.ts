import {
  applyDecorators,
  createParamDecorator,
  Delete,
  type ExecutionContext,
  Get,
  HttpCode,
  Patch,
  Post,
  Put,
  SetMetadata,
} from '@nestjs/common';
import type { Request } from 'express';
import { fullPath, OPERATIONS, type OperationId, type Operation as OperationRow } from '#contract';
import type { Identity } from '#identity';
import type { Peer } from './peer.ts';

const OPERATION = Symbol('operation');
const METHODS = { GET: Get, POST: Post, PUT: Put, PATCH: Patch, DELETE: Delete };

/** Makes a method the handler of one row of the table: path, method and status come from there and nowhere else. */
export function Operation(id: OperationId): MethodDecorator {
  const operation: OperationRow = OPERATIONS[id];
  // The table writes parameters as OpenAPI does, Express with a colon.
  const path = fullPath(operation).replace(/\{(\w+)\}/g, ':$1');
  return applyDecorators(
    SetMetadata(OPERATION, id),
    METHODS[operation.method](path),
    HttpCode(operation.success.status),
  );
}

/** undefined for a method that is no row of the table; the guard refuses it. */
export function operationOf(handler: object): { id: OperationId; operation: OperationRow } | undefined {
  const id = Reflect.getMetadata(OPERATION, handler) as OperationId | undefined;
  return id === undefined ? undefined : { id, operation: OPERATIONS[id] };
}

/** What belongs to one request beyond Express. */
export interface WaybillRequest extends Request {
  requestId: string;
  peer: Peer;
  identity?: Identity | undefined;
  /** InputOf the operation. */
  checkedInput?: unknown;
}

/** The checked input of the operation: `InputOf<'listRuns'>`. */
export const Input = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<WaybillRequest>().checkedInput,
);

/** Who asks; present wherever the table demands roles. */
export const Caller = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<WaybillRequest>().identity,
);
