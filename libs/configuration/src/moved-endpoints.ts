import type { Endpoint, FtpsEndpoint, SecretRef } from '#domain';
import { canonicalJson } from '#store';
import { isObject } from './merge-patch.ts';

const CLEARED: SecretRef = { cleared: true };

/** What is shown to another server, or another proxy, than before; paths within the endpoint. */
export function movedCredentials(before: Endpoint, after: Endpoint): string[] {
  if (before.protocol === 'local' || after.protocol === 'local') return [];
  const { proxy } = after;
  const otherProxy = proxy !== undefined && !samePlace(before.proxy, proxy);
  // Whoever stands between us and the server may be the server to us, as far as our trust lets him.
  const moved = !samePlace(before, after) || otherProxy || (proxy !== undefined && !sameTrust(before, after));
  return [...(moved ? ['password', 'account'] : []), ...(otherProxy ? ['proxy.password'] : [])];
}

/**
 * Credentials belong to the server they were given for: another host, port or proxy is shown none of them, unless the same change
 * gives them (reliability.md row 76: whoever may change a host could otherwise have any partner's password sent to his own).
 * A client's private key stays: it signs, and never leaves the worker.
 */
export function clearMovedCredentials(
  before: Endpoint,
  after: Endpoint,
  patch: Record<string, unknown>,
): Endpoint {
  if (before.protocol === 'local' || after.protocol === 'local') return after;
  const moved = movedCredentials(before, after);
  const cleared: FtpsEndpoint = { ...after };
  if (moved.includes('password') && !isGiven(patch['password'])) cleared.password = CLEARED;
  if (moved.includes('account') && after.account && !isGiven(patch['account'])) cleared.account = CLEARED;
  const proxyPatch = isObject(patch['proxy']) ? patch['proxy'] : {};
  if (moved.includes('proxy.password') && after.proxy?.password && !isGiven(proxyPatch['password']))
    cleared.proxy = { ...after.proxy, password: CLEARED };
  return cleared;
}

/** As whom a server is taken, and whether it is asked at all. */
function sameTrust(one: FtpsEndpoint, other: FtpsEndpoint): boolean {
  const trust = ({ protocol, mode, tls: { ca, pins, serverName, clearCommandChannel } }: FtpsEndpoint) =>
    canonicalJson({ protocol, mode, ca, pins, serverName, clearCommandChannel });
  return trust(one) === trust(other);
}

interface Place {
  host: string;
  port: number;
}

function samePlace(one: Place | undefined, other: Place): boolean {
  return one !== undefined && one.host === other.host && one.port === other.port;
}

function isGiven(reference: unknown): boolean {
  return isObject(reference) && !Object.hasOwn(reference, 'cleared');
}
