import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Operation, OperationId } from '#contract';
import { type FoundIdentity, findByKey, findSession, type Identity, type IdentityKeys } from '#identity';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { operationOf, type WaybillRequest } from '../http/operation.ts';
import { isLocalRequest } from './local-request.ts';
import { assertFromOwnPage, assertOwnOrigin, readSessionToken } from './session-request.ts';

/** Injection token of IdentityKeys. */
export const IDENTITY_KEYS = Symbol('IdentityKeys');

/** All that is allowed with a password that somebody else has seen. */
const WITH_ONE_TIME_PASSWORD: readonly OperationId[] = ['getMe', 'changePassword', 'signOut'];

interface Asked {
  /** undefined: nothing that a one-time password would allow. */
  id?: OperationId;
  operation: Operation;
}

/**
 * The one decision, before any handler and any body. It asks the handler that was found and not the address:
 * whatever spelling leads to a handler, its own row of the table decides.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  readonly #parts: ApiParts;
  readonly #keys: IdentityKeys;

  constructor(@Inject(PARTS) parts: ApiParts, @Inject(IDENTITY_KEYS) keys: IdentityKeys) {
    this.#parts = parts;
    this.#keys = keys;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const asked = operationOf(context.getHandler());
    // A handler outside the table has no roles: nobody may use it.
    if (!asked) throw new ApiProblem('not_found');
    const request = context.switchToHttp().getRequest<WaybillRequest>();
    const found = await this.#identify(request, asked.operation);
    request.identity = found?.identity;
    decide(asked, request.identity, request);
    // Who was refused leaves no trace.
    await found?.noteUse?.();
    return true;
  }

  /**
   * For what outlives its request: who asks, as of now; undefined when he may not any more. It prolongs no session.
   * @throws StoreUnavailable
   */
  async findStillAllowed(request: WaybillRequest, operation: Operation): Promise<Identity | undefined> {
    try {
      const found = await this.#identify(request, operation);
      decide({ operation }, found?.identity, request);
      return found?.identity;
    } catch (thrown) {
      if (thrown instanceof ApiProblem) return undefined;
      throw thrown;
    }
  }

  async #identify(request: WaybillRequest, { access }: Operation): Promise<FoundIdentity | undefined> {
    const header = request.headers.authorization;
    const token = readSessionToken(request);
    if (header !== undefined) {
      // Two answers to "who asks" are none.
      if (token !== undefined)
        throw new ApiProblem('unauthenticated', 'Send either an API key or the session cookie, not both.');
      const [, key] = /^Bearer ([\w-]+)$/i.exec(header) ?? [];
      const found = key === undefined ? undefined : await findByKey(this.#parts.store, this.#keys, key);
      // Whoever shows a key that is none is told so, on open paths too.
      if (!found) throw new ApiProblem('unauthenticated', 'The API key is not valid, expired or revoked.');
      return found;
    }
    if (token === undefined) return undefined;
    const found = await findSession(this.#parts.store, this.#keys, token);
    // Browsers send an old cookie by themselves; on open paths, sign-in above all, it says nothing.
    if (!found && access !== 'public')
      throw new ApiProblem('unauthenticated', 'The session is over; sign in again.');
    return found;
  }
}

function decide({ id, operation }: Asked, identity: Identity | undefined, request: WaybillRequest): void {
  const { access, only } = operation;
  if (access === 'public') {
    if (operation.method !== 'GET') assertOwnOrigin(request);
    return;
  }
  if (access === 'local' && isLocalRequest(request)) return;
  if (!identity)
    throw new ApiProblem('unauthenticated', 'Send Authorization: Bearer with an API key, or sign in.');
  const { session, role } = identity;
  if (session) {
    if (operation.method !== 'GET') assertFromOwnPage(request, session);
    if (session.passwordIsOneTime && !WITH_ONE_TIME_PASSWORD.some((allowed) => allowed === id))
      throw new ApiProblem('password_change_required', 'Choose another password: POST /me/password.');
  }
  if (access !== 'local' && !access.includes(role))
    throw new ApiProblem('forbidden', `The role ${role} does not allow this.`);
  if (only !== undefined) assertOnly(only, identity);
}

function assertOnly(only: NonNullable<Operation['only']>, identity: Identity): void {
  const { session } = identity;
  if (only === 'persons' && !session)
    throw new ApiProblem('person_required', 'An API key has no session and no password.');
  if (only === 'persons_and_admins' && !session && !isWholeAdmin(identity))
    throw new ApiProblem('person_required', 'An API key has no session.');
  if (only === 'whole_installation' && !reachesAll(identity))
    throw new ApiProblem('forbidden', 'This needs an identity that is not limited to partners or routes.');
}

export function isWholeAdmin(identity: Identity): boolean {
  return identity.role === 'admin' && reachesAll(identity);
}

function reachesAll({ partners, routes }: Identity): boolean {
  return partners === 'all' && routes === 'all';
}
