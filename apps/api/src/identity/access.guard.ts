import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Operation } from '#contract';
import type { Identity } from '#identity';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { operationOf, type WaybillRequest } from '../http/operation.ts';
import { findIdentity, type KeyDigest } from './api-keys.ts';
import { isLocalRequest } from './local-request.ts';

/** Injection token of KeyDigest. */
export const KEY_DIGEST = Symbol('KeyDigest');

/**
 * The one decision, before any handler and any body. It asks the handler that was found and not the address:
 * whatever spelling leads to a handler, its own row of the table decides.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  readonly #parts: ApiParts;
  readonly #digest: KeyDigest;

  constructor(@Inject(PARTS) parts: ApiParts, @Inject(KEY_DIGEST) digest: KeyDigest) {
    this.#parts = parts;
    this.#digest = digest;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const found = operationOf(context.getHandler());
    // A handler outside the table has no roles: nobody may use it.
    if (!found) throw new ApiProblem('not_found');
    const request = context.switchToHttp().getRequest<WaybillRequest>();
    request.identity = await this.#identify(request);
    decide(found.operation, request);
    return true;
  }

  async #identify(request: WaybillRequest): Promise<Identity | undefined> {
    const header = request.headers.authorization;
    if (header === undefined) return undefined;
    const [, key] = /^Bearer ([\w-]+)$/i.exec(header) ?? [];
    const identity = key === undefined ? undefined : await this.#find(key);
    // Whoever shows a key that is none is told so, on open paths too.
    if (!identity) throw new ApiProblem('unauthenticated', 'The API key is not valid, expired or revoked.');
    return identity;
  }

  #find(key: string): Promise<Identity | undefined> {
    return findIdentity(this.#parts.store, this.#digest, key);
  }
}

function decide({ access }: Operation, request: WaybillRequest): void {
  if (access === 'public') return;
  if (access === 'local' && isLocalRequest(request)) return;
  if (!request.identity)
    throw new ApiProblem('unauthenticated', 'Send Authorization: Bearer with an API key.');
  if (access !== 'local' && !access.includes(request.identity.role))
    throw new ApiProblem('forbidden', `The role ${request.identity.role} does not allow this.`);
}
