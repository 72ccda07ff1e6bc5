import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

export interface TestPerson {
  sub: string;
  name: string;
  groups: string[];
}

export interface TestProvider {
  issuer: URL;
  clientId: string;
  clientSecret: string;
  /** Who stands before the browser; may be changed between sign-ins. */
  person: TestPerson;
  /** What a browser does: follows the provider's redirects, lets its person in, stops at our callback. */
  visit(location: string): Promise<string>;
  close(): Promise<void>;
}

/** A real OpenID provider on the loopback address; its sign-in page lets `person` in without asking. */
export async function startProvider(redirectUri: string): Promise<TestProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientId = 'waybill';
  const clientSecret = randomBytes(24).toString('base64url');
  const state: { person: TestPerson } = { person: { sub: '', name: '', groups: [] } };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    cookies: { keys: [randomBytes(24).toString('base64url')] },
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    async findAccount(_, sub) {
      const { name, groups } = state.person;
      return { accountId: sub, claims: async () => ({ sub, preferred_username: name, groups }) };
    },
  });
  const answer = provider.callback();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/interaction/'))
      void letIn(provider, request, response, state.person.sub, clientId);
    else void answer(request, response);
  });
  return {
    issuer: new URL(issuer),
    clientId,
    clientSecret,
    get person() {
      return state.person;
    },
    set person(person) {
      state.person = person;
    },
    visit: (location) => follow(location, redirectUri),
    close: () => closeServer(server),
  };
}

/** Sign-in and consent at once. */
async function letIn(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  accountId: string,
  clientId: string,
): Promise<void> {
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope('openid profile');
  const grantId = await grant.save();
  await provider.interactionFinished(request, response, { login: { accountId }, consent: { grantId } });
}

async function follow(from: string, redirectUri: string): Promise<string> {
  const cookies = new Map<string, string>();
  let location = from;
  while (!location.startsWith(redirectUri)) {
    const answer = await fetch(location, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair] = cookie.split(';');
      const at = pair!.indexOf('=');
      cookies.set(pair!.slice(0, at), pair!.slice(at + 1));
    }
    const next = answer.headers.get('location');
    if (next === null) throw new Error(`${location}: ${answer.status} ${await answer.text()}`);
    location = new URL(next, location).href;
  }
  return location;
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
