import type { InstallationObject } from '#contract';
import { writeRule } from '#egress';
import type { OidcSettings } from '#identity';
import type { ApiParts } from '../api-parts.ts';
import { VERSION } from '../system/version.ts';

/** Field by field: what is added to the configuration is not shown before somebody has thought about it. */
export function describeInstallation(
  { config, oidc }: Pick<ApiParts, 'config' | 'oidc'>,
  database: { time: Date; version: string },
): InstallationObject {
  const { http, egress, retention, localRoots } = config;
  return {
    version: VERSION,
    nodeVersion: process.versions.node,
    database: { kind: config.mode, version: database.version, time: database.time.toISOString() },
    queue: config.redisUrl === undefined ? 'postgres' : 'redis',
    publicUrl: http.publicUrl?.origin ?? null,
    oidc: oidc ? describeProvider(oidc) : null,
    egress: { allow: egress.allow.map(writeRule), deny: egress.deny.map(writeRule) },
    allowedLegacyPolicies: [...config.allowedLegacyPolicies],
    fourEyes: config.fourEyes,
    retention: {
      requestDays: retention.requestDays,
      callbackDays: retention.callbackDays,
      sessionDays: retention.sessionDays,
      probeDays: retention.probeDays,
    },
    rates: { perIdentity: { ...http.rates.perIdentity }, perAddress: { ...http.rates.perAddress } },
    localRoots: [...localRoots.folders],
  };
}

function describeProvider({ issuer, clientId, scope, groupsClaim, roles }: OidcSettings) {
  return {
    // A name and password in it would be a secret; nobody needs them here.
    issuer: `${issuer.origin}${issuer.pathname}`,
    clientId,
    scope,
    groupsClaim,
    groups: roles.map(({ group, role, partners }) => ({
      group,
      role,
      partners: partners === 'all' ? ('all' as const) : [...partners],
    })),
  };
}
