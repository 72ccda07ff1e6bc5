import type { Config } from '#config';
import { API_PREFIX } from '#contract';
import { type OidcSettings, parseGroupRole } from '#identity';
import { UsageError } from './failures.ts';

/** @throws UsageError that names the entry of WAYBILL_OIDC_ROLES, not its text */
export function oidcSettings({ oidc }: Pick<Config, 'oidc'>): OidcSettings | undefined {
  if (!oidc) return undefined;
  const { publicUrl, roles, ...rest } = oidc;
  return {
    ...rest,
    redirectUri: new URL(`${API_PREFIX}/sign-in/oidc/callback`, publicUrl).href,
    roles: roles.map((entry, index) => {
      const parsed = parseGroupRole(entry);
      if (typeof parsed === 'string')
        throw new UsageError(`WAYBILL_OIDC_ROLES: entry ${index + 1} ${parsed}`);
      return parsed;
    }),
  };
}
