import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the provider puts into its next token; the rest is as it should be. */
export interface Lie {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  /** Signed by a key that it has never published. */
  foreignKey?: boolean;
  unsigned?: boolean;
  withoutIdToken?: boolean;
  /** What /userinfo says of whom it speaks. */
  userinfo?: Record<string, unknown>;
}

export interface LyingProvider {
  issuer: URL;
  lie: Lie;
  /** The nonce of the sign-in under way: the honest token repeats it. */
  nonce: string;
  close(): Promise<void>;
}

/** An OpenID provider that says what the test wants: real ones do not lie. */
export async function startLyingProvider(clientId: string): Promise<LyingProvider> {
  const known = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const state = { lie: {} as Lie, nonce: '' };
  const server = createServer((request, response) => {
    const path = request.url!.split('?')[0]!;
    if (path === '/token') return answer(response, tokens());
    if (path === '/me') return answer(response, { sub: 'u-1', ...state.lie.userinfo });
    if (path === '/jwks')
      return answer(response, {
        keys: [{ ...known.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }],
      });
    return answer(response, {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      userinfo_endpoint: `${issuer}/me`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  function tokens(): object {
    const { lie, nonce } = state;
    const now = Math.floor(Date.now() / 1000);
    const honest = {
      iss: issuer,
      sub: 'u-1',
      aud: clientId,
      iat: now,
      exp: now + 300,
      nonce,
      groups: ['ops'],
      preferred_username: 'ada',
    };
    const key = (lie.foreignKey ? foreign : known).privateKey;
    const token = idToken(
      { alg: 'RS256', kid: 'k', ...lie.header },
      { ...honest, ...lie.claims },
      lie.unsigned ? undefined : key,
    );
    const rest = { access_token: randomUUID(), token_type: 'Bearer', expires_in: 300 };
    return lie.withoutIdToken ? rest : { ...rest, id_token: token };
  }
  return {
    issuer: new URL(issuer),
    get lie() {
      return state.lie;
    },
    set lie(lie) {
      state.lie = lie;
    },
    get nonce() {
      return state.nonce;
    },
    set nonce(nonce) {
      state.nonce = nonce;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function idToken(header: object, claims: object, key: KeyObject | undefined): string {
  const [head, body] = [header, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signature =
    key === undefined ? '' : sign('sha256', Buffer.from(`${head}.${body}`), key).toString('base64url');
  return `${head}.${body}.${signature}`;
}

function answer(response: ServerResponse, body: object): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}
