import type { Response } from 'express';
import type { HttpConfig } from '#config';
import { CSRF_HEADER, SESSION_COOKIE } from '#contract';
import { LONGEST_SESSION_MINUTES, type SessionOfIdentity, sameText } from '#identity';
import { ApiProblem } from '../http/api-problem.ts';
import type { WaybillRequest } from '../http/operation.ts';
import type { Peer } from '../http/peer.ts';

const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/**
 * undefined without the cookie.
 * @throws ApiProblem when it is there twice: two answers to "who asks" are none
 */
export function readSessionToken(request: Pick<WaybillRequest, 'headers'>): string | undefined {
  return readCookie(request, SESSION_COOKIE);
}

/** @throws ApiProblem when it is there twice */
export function readCookie({ headers }: Pick<WaybillRequest, 'headers'>, wanted: string): string | undefined {
  const [first, ...more] = (headers.cookie ?? '').split(';').flatMap((pair) => {
    const [name, ...value] = pair.trim().split('=');
    return name === wanted ? [value.join('=')] : [];
  });
  if (more.length > 0) throw new ApiProblem('unauthenticated', `The cookie ${wanted} is there twice.`);
  return first;
}

export function sessionCookie(token: string): string {
  return `${SESSION_COOKIE}=${token}; Max-Age=${LONGEST_SESSION_MINUTES * 60}; ${ATTRIBUTES}`;
}

const MOST_CLIENT_CHARACTERS = 200;

/** What a stranger calls himself: printable, and not long. */
export function clientOf({ headers }: Pick<WaybillRequest, 'headers'>): string {
  const said = (headers['user-agent'] ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, MOST_CLIENT_CHARACTERS);
  return said === '' ? 'unknown' : said;
}

export function clearSessionCookie(response: Response): void {
  response.setHeader('Set-Cookie', `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`);
}

/**
 * Browsers say which page asks, and a page cannot lie about it; programs say nothing.
 * @throws ApiProblem `csrf_refused` for another page
 */
export function assertOwnOrigin({ headers, peer }: Pick<WaybillRequest, 'headers' | 'peer'>): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new ApiProblem('csrf_refused', 'Another site asks for this.');
  if (headers.origin !== undefined && !isOwn(headers.origin, peer))
    throw new ApiProblem('csrf_refused', 'The Origin is another one than this host.');
}

/**
 * The cookie comes along whoever makes the browser send it. That our own page asks is shown by all three: SameSite=Strict,
 * the Origin, and a token that only our page could read.
 */
export function assertFromOwnPage(
  request: Pick<WaybillRequest, 'headers' | 'peer'>,
  { csrfToken }: SessionOfIdentity,
): void {
  assertOwnOrigin(request);
  if (request.headers.origin === undefined)
    throw new ApiProblem('csrf_refused', 'A session changes something only with the header Origin.');
  const given = request.headers[CSRF_HEADER.toLowerCase()];
  if (typeof given !== 'string' || !sameText(given, csrfToken))
    throw new ApiProblem('csrf_refused', `Send ${CSRF_HEADER} with the csrfToken of GET /me.`);
}

function isOwn(origin: string, { origins }: Peer): boolean {
  return (
    URL.canParse(origin) &&
    /^https?:$/.test(new URL(origin).protocol) &&
    origins.includes(new URL(origin).origin)
  );
}

const OWN_MACHINE = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * Whether a browser that asks like this would keep the cookie of a session. Where no trusted proxy says how it was asked, the browser
 * does: it sends Sec-Fetch-Site over https, and to its own machine, alone (Fetch Metadata, section 4).
 */
export function keepsSecureCookies(
  { headers, peer }: Pick<WaybillRequest, 'headers' | 'peer'>,
  { publicUrl }: Pick<HttpConfig, 'publicUrl'>,
): boolean {
  if (peer.scheme !== undefined) return peer.scheme === 'https';
  const host = headers.host ?? '';
  return (
    headers['sec-fetch-site'] !== undefined ||
    OWN_MACHINE.test(host) ||
    (publicUrl?.protocol === 'https:' && publicUrl.host === host.toLowerCase())
  );
}

/** Browsers keep a `Secure` cookie for https alone, and a password has no business on the way without. */
export function assertSecureWay({ peer }: Pick<WaybillRequest, 'peer'>): void {
  if (peer.scheme === 'http')
    throw new ApiProblem('https_required', 'The proxy in front was asked over http: sign in over https.');
}
