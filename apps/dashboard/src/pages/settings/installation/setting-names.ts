import type { InstallationObject } from '#contract';

/** The variable that changes each. */
export const SETTING_NAMES = {
  database: 'DATABASE_URL',
  queue: 'REDIS_URL',
  publicUrl: 'WAYBILL_PUBLIC_URL',
  issuer: 'WAYBILL_OIDC_ISSUER',
  clientId: 'WAYBILL_OIDC_CLIENT_ID',
  scope: 'WAYBILL_OIDC_SCOPE',
  groupsClaim: 'WAYBILL_OIDC_GROUPS_CLAIM',
  groups: 'WAYBILL_OIDC_ROLES',
  egressAllow: 'WAYBILL_EGRESS_ALLOW',
  egressDeny: 'WAYBILL_EGRESS_DENY',
  localRoots: 'WAYBILL_LOCAL_ROOTS',
  ratePerIdentity: 'WAYBILL_RATE_PER_IDENTITY, WAYBILL_BURST_PER_IDENTITY',
  ratePerAddress: 'WAYBILL_RATE_PER_ADDRESS, WAYBILL_BURST_PER_ADDRESS',
  fourEyes: 'WAYBILL_FOUR_EYES',
  legacy: 'WAYBILL_ALLOW_LEGACY',
  keepRequests: 'WAYBILL_KEEP_REQUESTS_DAYS',
  keepCallbacks: 'WAYBILL_KEEP_CALLBACKS_DAYS',
  keepSessions: 'WAYBILL_KEEP_SESSIONS_DAYS',
  keepProbes: 'WAYBILL_KEEP_PROBES_DAYS',
} as const;
export type SettingName = keyof typeof SETTING_NAMES;

export const LEGACY_MEANS: Readonly<Record<InstallationObject['allowedLegacyPolicies'][number], string>> = {
  plain_ftp: 'FTP without any encryption',
  clear_data: 'files go unencrypted',
  clear_command_channel: 'commands go unencrypted after sign-in',
  auth_tls_c: 'TLS by an old command',
  auth_ssl: 'TLS by an old command, with files unencrypted',
};
