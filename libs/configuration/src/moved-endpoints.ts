import type { Endpoint, FtpsEndpoint, SecretRef } from '#domain';
import { isObject } from './merge-patch.ts';

const CLEARED: SecretRef = { cleared: true };

/**
 * Credentials belong to the server they were given for: another host or port is shown none of them, unless the same change
 * gives them (reliability.md row 76: whoever may change a host could otherwise have any partner's password sent to his own).
 * A client's private key stays: it signs, and never leaves the worker.
 */
export function clearMovedCredentials(
  before: Endpoint,
  after: Endpoint,
  patch: Record<string, unknown>,
): Endpoint {
  if (before.protocol === 'local' || after.protocol === 'local') return after;
  const otherProxy = after.proxy !== undefined && !samePlace(before.proxy, after.proxy);
  // In clear, whoever stands between us and the server reads what it is told.
  const moved = !samePlace(before, after) || (otherProxy && after.protocol === 'ftp');
  const cleared: FtpsEndpoint = { ...after };
  if (moved && !isGiven(patch['password'])) cleared.password = CLEARED;
  if (moved && after.account && !isGiven(patch['account'])) cleared.account = CLEARED;
  const proxyPatch = isObject(patch['proxy']) ? patch['proxy'] : {};
  if (after.proxy?.password && otherProxy && !isGiven(proxyPatch['password']))
    cleared.proxy = { ...after.proxy, password: CLEARED };
  return cleared;
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
