import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { type IdentityKeys, IdentityRefused, OidcGate } from '#identity';
import type { Logger } from '#telemetry';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Operation, type WaybillRequest } from '../http/operation.ts';
import { IDENTITY_KEYS } from './access.guard.ts';
import { secondPersonOf, takeUpRoleApprovals } from './role-approvals.ts';
import { assertSecureWay, clientOf, readCookie, sessionCookie } from './session-request.ts';

/** Of the browser that began. Lax: it comes back from another site; ten minutes, and only for the answer. */
const COOKIE = '__Host-waybill-oidc';
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';
const MAX_AGE_SECONDS = 600;

@Controller()
export class OidcController {
  readonly #gate: OidcGate | undefined;
  readonly #log: Logger;
  readonly #hasPages: boolean;

  constructor(
    @Inject(PARTS) { oidc, store, log, dashboard, configuration: { approvals } }: ApiParts,
    @Inject(IDENTITY_KEYS) keys: IdentityKeys,
  ) {
    takeUpRoleApprovals(approvals);
    this.#log = log;
    this.#hasPages = dashboard !== undefined;
    this.#gate = oidc && new OidcGate(oidc, store, keys, secondPersonOf(approvals));
  }

  @Operation('beginOidcSignIn')
  async begin(@Req() request: WaybillRequest, @Res({ passthrough: true }) response: Response): Promise<void> {
    await this.#lead(request, response, async () => {
      assertSecureWay(request);
      const { location, browserToken } = await this.#open().begin(request.identity?.session?.id);
      response.setHeader(
        'Set-Cookie',
        `${COOKIE}=${browserToken}; Max-Age=${MAX_AGE_SECONDS}; ${ATTRIBUTES}`,
      );
      return location;
    });
  }

  @Operation('finishOidcSignIn')
  async finish(
    @Req() request: WaybillRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    await this.#lead(request, response, async () => {
      const answer = {
        search: request.url.slice(request.url.indexOf('?')),
        browserToken: readCookie(request, COOKIE),
        address: request.peer.address,
        client: clientOf(request),
      };
      const { token } = await this.#open()
        .finish(answer)
        .catch((error: unknown) => {
          this.#noteUnvouched(error, request);
          throw error;
        });
      response.setHeader('Set-Cookie', [sessionCookie(token), `${COOKIE}=; Max-Age=0; ${ATTRIBUTES}`]);
      return '/';
    });
  }

  /** Where the browser goes on. A person reads why not on the page for sign-in; programs get the problem. */
  async #lead(request: WaybillRequest, response: Response, act: () => Promise<string>): Promise<void> {
    const location = await act().catch((error: unknown) => {
      const refused = error instanceof IdentityRefused || error instanceof ApiProblem;
      // A problem document comes first: only who asks for a page before anything else gets one.
      if (!refused || !this.#hasPages || request.accepts(['json', 'html']) !== 'html') throw error;
      if (error.code === 'unavailable')
        this.#log.error({ err: error, requestId: request.requestId }, 'request failed');
      const reason = (error instanceof IdentityRefused && error.reason) || error.code;
      return `/sign-in?refused=${encodeURIComponent(reason)}`;
    });
    response.setHeader('Location', location);
  }

  /** Anybody can have it happen: a line that goes away, and no event that stays. */
  #noteUnvouched(error: unknown, { requestId, peer }: WaybillRequest): void {
    if (!(error instanceof IdentityRefused && error.code === 'sign_in_refused' && error.cause)) return;
    const { code } = error.cause as { code?: unknown };
    this.#log.warn(
      { requestId, address: peer.address, code: typeof code === 'string' ? code : undefined },
      'the answer of the identity provider was not accepted',
    );
  }

  #open(): OidcGate {
    if (!this.#gate) throw new ApiProblem('not_found', 'This installation has no identity provider.');
    return this.#gate;
  }
}
