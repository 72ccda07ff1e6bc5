import type { PostureObject } from '#contract';
import { type FtpsEndpoint, legacyPoliciesOf } from '#domain';
import type { PostureRecord, SeenConnections } from '#store';
import { judgeStricter } from './judge-stricter.ts';

const DAY_MS = 86_400_000;

export function toPosture(record: PostureRecord, now: Date): PostureObject {
  const { endpoint, connections, certificates, profile } = record;
  const accepted = connections.filter(({ verdict }) => verdict === 'accepted');
  const version = ({ protocol }: SeenConnections) => protocol ?? '';
  return {
    endpoint: endpoint.name,
    partner: endpoint.partner ?? null,
    protocol: endpoint.protocol,
    mode: endpoint.mode,
    policy: policyOf(endpoint),
    legacyPolicies: legacyPoliciesOf(endpoint),
    connections: countAll(connections),
    versions: alike(accepted, version).map(([each, seen]) => ({ version: version(each), ...seen })),
    ciphers: alike(accepted, (each) => `${version(each)} ${each.cipher ?? ''}`).map(([each, seen]) => ({
      version: version(each),
      cipher: each.cipher ?? '',
      ...seen,
    })),
    keyExchanges: alike(accepted, ({ keyExchangeGroup }) => keyExchangeGroup ?? '')
      .filter(([{ keyExchangeGroup }]) => keyExchangeGroup !== null)
      .map(([{ keyExchangeGroup }, seen]) => ({ group: keyExchangeGroup ?? '', ...seen })),
    refusals: alike(
      connections.filter(({ verdict }) => verdict === 'refused'),
      ({ error }) => error ?? '',
    ).map(([{ error }, seen]) => ({ error: error ?? 'internal', ...seen })),
    doctor: profile && {
      probedAt: new Date(profile.probedAt).toISOString(),
      tlsVersions: profile.tlsVersions,
      ciphers: profile.ciphers,
    },
    certificates: certificates.map(({ count, lastAt, ...certificate }) => ({
      ...certificate,
      daysLeft: daysUntil(certificate.notAfter, now),
      pinned: endpoint.tls.pins.includes(`sha256/${certificate.spkiSha256}`),
      connections: count,
      lastSeenAt: lastAt.toISOString(),
    })),
    stricter: judgeStricter(record),
  };
}

function policyOf({ protocol, tls }: FtpsEndpoint): PostureObject['policy'] {
  if (protocol === 'ftp') return null;
  return {
    minVersion: tls.minVersion,
    maxVersion: tls.maxVersion ?? null,
    sessionReuse: tls.sessionReuse,
    dataProtection: tls.dataProtection,
    closeNotify: tls.closeNotify ?? 'required',
    pins: tls.pins.length,
    authorities: tls.ca.length > 0 ? 'own' : 'system',
  };
}

function countAll(connections: readonly SeenConnections[]): PostureObject['connections'] {
  const of = (wanted: SeenConnections['verdict']) =>
    connections.reduce((sum, { verdict, count }) => (verdict === wanted ? sum + count : sum), 0);
  const [accepted, refused, unprotected] = [of('accepted'), of('refused'), of('unprotected')];
  const moments = connections.flatMap(({ firstAt, lastAt }) => [firstAt.getTime(), lastAt.getTime()]);
  const instant = (at: number) => (moments.length === 0 ? null : new Date(at).toISOString());
  return {
    ...{ total: accepted + refused + unprotected, accepted, refused, unprotected },
    since: instant(Math.min(...moments)),
    until: instant(Math.max(...moments)),
  };
}

interface Seen {
  connections: number;
  lastSeenAt: string;
}

/** One of each kind, with how many there are; the most frequent first. */
function alike(
  connections: readonly SeenConnections[],
  keyOf: (each: SeenConnections) => string,
): [SeenConnections, Seen][] {
  return [...Map.groupBy(connections, keyOf).values()]
    .map((group): [SeenConnections, Seen] => [
      group[0]!,
      {
        connections: group.reduce((sum, { count }) => sum + count, 0),
        lastSeenAt: new Date(Math.max(...group.map(({ lastAt }) => lastAt.getTime()))).toISOString(),
      },
    ])
    .toSorted(([, one], [, other]) => other.connections - one.connections);
}

/** null: the server wrote something that is no moment. */
function daysUntil(notAfter: string, now: Date): number | null {
  const days = Math.floor((Date.parse(notAfter) - now.getTime()) / DAY_MS);
  return Number.isNaN(days) ? null : days;
}
