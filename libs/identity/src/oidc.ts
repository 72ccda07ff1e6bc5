import { randomBytes } from 'node:crypto';
import * as openid from 'openid-client';
import { recordEvent } from '#audit';
import type { Actor } from '#domain';
import type { Store } from '#store';
import { type GroupRole, groupsOfClaim, roleOfGroups } from './group-roles.ts';
import type { IdentityKeys } from './identity-keys.ts';
import { IdentityRefused } from './identity-refused.ts';
import { accountOf, endWhatIsOpen, type SecondPerson, type Vouched } from './oidc-accounts.ts';
import { endSession, openSession } from './sessions.ts';

export interface OidcSettings {
  /** https, or http on the loopback address of a test. */
  issuer: URL;
  clientId: string;
  /** undefined: a public client, which PKCE alone protects. */
  clientSecret: string | undefined;
  /** Where the provider sends the browser back; known to the provider. */
  redirectUri: string;
  scope: string;
  groupsClaim: string;
  /** The first that fits decides. */
  roles: readonly GroupRole[];
}

export interface OidcReturn {
  /** As it came back: `?code=…&state=…`. */
  search: string;
  /** The cookie that `begin` gave this browser. */
  browserToken: string | undefined;
  address: string;
  client: string;
}

/** Long enough for a second factor at the provider. */
const MINUTES = 10;
const GATE: Actor = { kind: 'system', name: 'sign-in' };
const BROWSER_TOKEN_BYTES = 32;

/**
 * Sign-in at an identity provider: authorization code with PKCE (RFC 7636), state and nonce used once and bound to the
 * browser that began. What the provider's library checks: issuer, audience, signature, expiry, nonce, code challenge.
 */
export class OidcGate {
  readonly #settings: OidcSettings;
  readonly #store: Store;
  readonly #keys: IdentityKeys;
  readonly #secondPerson: SecondPerson | undefined;
  #provider: Promise<openid.Configuration> | undefined;

  /** @param secondPerson absent: groups alone decide */
  constructor(settings: OidcSettings, store: Store, keys: IdentityKeys, secondPerson?: SecondPerson) {
    this.#settings = settings;
    this.#store = store;
    this.#keys = keys;
    this.#secondPerson = secondPerson;
  }

  /**
   * Where to send the browser, and what to leave with it.
   * @param replaces the session that this browser has, and that is over when it comes back: then its cookie does not come
   * along, as another site sends it here
   * @throws IdentityRefused `unavailable`
   */
  async begin(replaces?: string): Promise<{ location: string; browserToken: string }> {
    const provider = await this.#discover();
    const state = openid.randomState();
    const nonce = openid.randomNonce();
    const verifier = openid.randomPKCECodeVerifier();
    const browserToken = randomBytes(BROWSER_TOKEN_BYTES).toString('base64url');
    const stateDigest = this.#keys.digest('oidc', state);
    const kept = Buffer.from(JSON.stringify({ nonce, verifier, replaces }));
    const sealed = this.#keys.seal(ownerOf(stateDigest), kept);
    await this.#store.transaction(async (tx) => {
      await tx.$executeRaw`DELETE FROM oidc_sign_in WHERE expires_at < clock_timestamp()`;
      await tx.$executeRaw`
        INSERT INTO oidc_sign_in (state_digest, browser_digest, sealed, expires_at)
        VALUES (${stateDigest}, ${this.#keys.digest('oidc', browserToken)}, ${sealed},
                clock_timestamp() + make_interval(mins => ${MINUTES}::int))`;
    });
    const location = openid.buildAuthorizationUrl(provider, {
      redirect_uri: this.#settings.redirectUri,
      scope: this.#settings.scope,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    return { location: location.href, browserToken };
  }

  /**
   * The session's token for the cookie.
   * @throws IdentityRefused `sign_in_refused`, with a cause where the provider vouches for nobody; `unavailable`
   */
  async finish(answer: OidcReturn): Promise<{ token: string }> {
    const pending = await this.#takePending(answer);
    // Nobody is known and nothing was tried: the audit is not for strangers to fill.
    if (!pending)
      throw new IdentityRefused(
        'sign_in_refused',
        'This sign-in was not begun here, is used, or took too long.',
        { reason: 'not_begun' },
      );
    const { vouched, groups } = await this.#askProvider(answer, pending);
    const rights = roleOfGroups(this.#settings.roles, groups);
    if (!rights) {
      await this.#store.transaction((tx) => endWhatIsOpen(tx, vouched, this.#secondPerson));
      throw await this.#refuse(
        answer,
        'groups',
        'None of your groups has a role here. Ask an admin.',
        vouched,
      );
    }
    const outcome = await this.#store.transaction(async (tx) => {
      const account = await accountOf(tx, vouched, rights, this.#secondPerson);
      if (account.state === 'refused') return account;
      const { id, name } = account;
      await tx.$executeRaw`
        UPDATE user_account SET last_sign_in_at = clock_timestamp() WHERE id = ${id}::uuid`;
      const { address, client } = answer;
      const opened = await openSession(tx, this.#keys, { userId: id, userName: name, address, client });
      return { state: 'open' as const, name, token: opened.token };
    });
    if (outcome.state === 'refused')
      throw await this.#refuse(answer, outcome.reason, outcome.sentence, vouched);
    if (pending.replaces !== undefined)
      await endSession(this.#store, pending.replaces, { actor: { kind: 'user', name: outcome.name } });
    return outcome;
  }

  /** Asked once; a failure is not remembered. */
  async #discover(): Promise<openid.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    this.#provider ??= openid.discovery(
      issuer,
      clientId,
      undefined,
      clientSecret === undefined ? openid.None() : openid.ClientSecretBasic(clientSecret),
      // By itself the library takes a token that came over TLS without looking at its signature.
      {
        execute: [
          openid.enableNonRepudiationChecks,
          ...(issuer.protocol === 'http:' ? [openid.allowInsecureRequests] : []),
        ],
      },
    );
    try {
      return await this.#provider;
    } catch (cause) {
      this.#provider = undefined;
      throw new IdentityRefused('unavailable', 'The identity provider does not answer.', { cause });
    }
  }

  /** Used once, whatever comes of it. */
  async #takePending({ search, browserToken }: OidcReturn): Promise<Pending | undefined> {
    const state = new URLSearchParams(search).get('state');
    if (state === null || browserToken === undefined) return undefined;
    const stateDigest = this.#keys.digest('oidc', state);
    const [row] = await this.#store.db.$queryRaw<{ sealed: Uint8Array }[]>`
      DELETE FROM oidc_sign_in
       WHERE state_digest = ${stateDigest} AND browser_digest = ${this.#keys.digest('oidc', browserToken)}
         AND expires_at > clock_timestamp()
      RETURNING sealed`;
    if (!row) return undefined;
    const opened = JSON.parse(this.#keys.open(ownerOf(stateDigest), row.sealed).toString('utf8')) as Omit<
      Pending,
      'state'
    >;
    return { ...opened, state };
  }

  async #askProvider(
    answer: OidcReturn,
    { state, nonce, verifier }: Pending,
  ): Promise<{ vouched: Vouched; groups: string[] }> {
    const provider = await this.#discover();
    const returned = new URL(this.#settings.redirectUri);
    returned.search = answer.search;
    const checks = {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    };
    try {
      const tokens = await openid.authorizationCodeGrant(provider, returned, checks);
      const claims = tokens.claims()!;
      // Some providers keep groups and names out of the token.
      const more = provider.serverMetadata().userinfo_endpoint
        ? await openid.fetchUserInfo(provider, tokens.access_token, claims.sub)
        : {};
      const all: Record<string, unknown> = { ...more, ...claims };
      return {
        vouched: { issuer: claims.iss, subject: claims.sub, name: nameOf(all) },
        groups: groupsOfClaim(all[this.#settings.groupsClaim]),
      };
    } catch (cause) {
      // Who begins and comes back with anything needs no account anywhere: still a stranger. The cause is for the log.
      throw new IdentityRefused('sign_in_refused', 'The answer of the identity provider was not accepted.', {
        cause,
      });
    }
  }

  async #refuse(
    { address, client }: OidcReturn,
    reason: string,
    sentence: string,
    vouched: Vouched,
  ): Promise<IdentityRefused> {
    await this.#store.transaction((tx) =>
      recordEvent(tx, {
        actor: GATE,
        action: 'user.sign_in_refused',
        object: 'user',
        objectId: vouched.name,
        details: { reason: `oidc_${reason}`, address, client },
      }),
    );
    return new IdentityRefused('sign_in_refused', sentence, { reason });
  }
}

interface Pending {
  state: string;
  nonce: string;
  verifier: string;
  replaces?: string;
}

function ownerOf(stateDigest: Buffer): string {
  return `oidc ${stateDigest.toString('hex')}`;
}

/** What the provider calls him, in the letters of our names. */
function nameOf(claims: Record<string, unknown>): string {
  const said = [claims['preferred_username'], claims['email'], claims['sub']].find(
    (claim) => typeof claim === 'string' && claim !== '',
  ) as string;
  const plain = said.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 100);
  return /^[A-Za-z0-9]/.test(plain) ? plain : `u${plain}`.slice(0, 100);
}
