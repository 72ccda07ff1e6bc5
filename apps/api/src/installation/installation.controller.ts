import { Controller, Inject, Req } from '@nestjs/common';
import { API_PREFIX, type InstallationObject, OPERATIONS, type SignInWays } from '#contract';
import { readServerVersion } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { Operation, type WaybillRequest } from '../http/operation.ts';
import { keepsSecureCookies } from '../identity/session-request.ts';
import { describeInstallation } from './installation-object.ts';

/** How this installation is set up: for who administers or examines it, and of sign-in what its page has to know. */
@Controller()
export class InstallationController {
  readonly #parts: ApiParts;

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
  }

  @Operation('getInstallation')
  async installation(): Promise<InstallationObject> {
    const { store } = this.#parts;
    const [time, version] = [await store.now(), await readServerVersion(store.db)];
    return describeInstallation(this.#parts, { time, version });
  }

  @Operation('getSignInWays')
  signInWays(@Req() request: WaybillRequest): SignInWays {
    const { oidc, config } = this.#parts;
    const path = `${API_PREFIX}${OPERATIONS.beginOidcSignIn.path}`;
    return {
      password: true,
      identityProvider: oidc ? { name: oidc.issuer.host, path } : null,
      secure: keepsSecureCookies(request, config.http),
    };
  }
}
