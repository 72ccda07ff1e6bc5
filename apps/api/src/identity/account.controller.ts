import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { InputOf, Me } from '#contract';
import {
  beginSecondFactor,
  changePassword,
  confirmSecondFactor,
  endSession,
  findSession,
  type Identity,
  type IdentityKeys,
  type Person,
  removeSecondFactor,
  signIn,
} from '#identity';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Caller, Input, Operation, type WaybillRequest } from '../http/operation.ts';
import { IDENTITY_KEYS } from './access.guard.ts';
import { assertSecureWay, clearSessionCookie, clientOf, sessionCookie } from './session-request.ts';

/** Sign-in, and what a person does with his own account. */
@Controller()
export class AccountController {
  readonly #parts: ApiParts;
  readonly #keys: IdentityKeys;

  constructor(@Inject(PARTS) parts: ApiParts, @Inject(IDENTITY_KEYS) keys: IdentityKeys) {
    this.#parts = parts;
    this.#keys = keys;
  }

  @Operation('signIn')
  async signIn(
    @Input() input: InputOf<'signIn'>,
    @Req() request: WaybillRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Me> {
    assertSecureWay(request);
    const { store } = this.#parts;
    const { token } = await signIn(store, this.#keys, {
      ...input.body,
      address: request.peer.address,
      client: clientOf(request),
    });
    // What this browser had before is not left lying about.
    const before = request.identity?.session;
    if (before) await endSession(store, before.id, { actor: request.identity!.actor });
    const found = await findSession(store, this.#keys, token);
    if (!found) throw new ApiProblem('sign_in_refused', 'The account was changed meanwhile.');
    response.setHeader('Set-Cookie', sessionCookie(token));
    return describeMe(found.identity);
  }

  @Operation('signOut')
  async signOut(@Caller() caller: Person, @Res({ passthrough: true }) response: Response): Promise<void> {
    await endSession(this.#parts.store, caller.session.id, { actor: caller.actor });
    clearSessionCookie(response);
  }

  @Operation('getMe')
  me(@Caller() caller: Identity): Me {
    return describeMe(caller);
  }

  @Operation('changePassword')
  changePassword(@Input() input: InputOf<'changePassword'>, @Caller() caller: Person): Promise<void> {
    return changePassword(this.#parts.store, this.#keys, caller, input.body);
  }

  @Operation('beginSecondFactor')
  begin(@Input() input: InputOf<'beginSecondFactor'>, @Caller() caller: Person) {
    return beginSecondFactor(this.#parts.store, this.#keys, caller, input.body.password);
  }

  @Operation('confirmSecondFactor')
  async confirm(@Input() input: InputOf<'confirmSecondFactor'>, @Caller() caller: Person) {
    return {
      recoveryCodes: await confirmSecondFactor(this.#parts.store, this.#keys, caller, input.body.code),
    };
  }

  @Operation('removeSecondFactor')
  remove(@Input() input: InputOf<'removeSecondFactor'>, @Caller() caller: Person): Promise<void> {
    return removeSecondFactor(this.#parts.store, this.#keys, caller, input.body);
  }
}

function describeMe({ name, role, partners, routes, session }: Identity): Me {
  return {
    kind: session ? 'person' : 'program',
    name,
    role,
    partners: partners === 'all' ? 'all' : [...partners],
    routes: routes === 'all' ? 'all' : [...routes],
    session: session
      ? {
          id: session.id,
          expiresAt: session.expiresAt.toISOString(),
          csrfToken: session.csrfToken,
          passwordIsOneTime: session.passwordIsOneTime,
          hasSecondFactor: session.hasSecondFactor,
        }
      : null,
  };
}
