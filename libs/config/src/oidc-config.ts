import { z } from 'zod';
import { safeUrl } from './safe-url.ts';

/** Sign-in of persons at an identity provider. */
export interface OidcConfig {
  issuer: URL;
  clientId: string;
  /** undefined: a public client. */
  clientSecret: string | undefined;
  /** Where browsers reach this installation, without a path. */
  publicUrl: URL;
  scope: string;
  groupsClaim: string;
  /** `group=role` or `group=role@partner+partner`, as written: who knows the roles judges them. */
  roles: readonly string[];
}

export const OIDC_SCHEMA = {
  WAYBILL_PUBLIC_URL: safeUrl
    .refine((text) => new URL(text).pathname === '/' && new URL(text).search === '', {
      message: 'must have neither a path nor a query',
    })
    .optional(),
  WAYBILL_OIDC_ISSUER: safeUrl.optional(),
  WAYBILL_OIDC_CLIENT_ID: z.string().min(1).max(200).optional(),
  WAYBILL_OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  WAYBILL_OIDC_SCOPE: z
    .string()
    .regex(/^openid( [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'must be a list of scopes beginning with openid')
    .default('openid profile'),
  WAYBILL_OIDC_GROUPS_CLAIM: z.string().min(1).max(200).default('groups'),
  WAYBILL_OIDC_ROLES: z
    .string()
    // `\,` is a comma of the name: those of LDAP groups have some.
    .transform((list) => list.split(/(?<!\\),/).map((entry) => entry.trim().replaceAll('\\,', ',')))
    .optional(),
};

type OidcValues = z.infer<z.ZodObject<typeof OIDC_SCHEMA>>;

const NEEDED = ['WAYBILL_PUBLIC_URL', 'WAYBILL_OIDC_CLIENT_ID', 'WAYBILL_OIDC_ROLES'] as const;

/** What one variable cannot say alone, one line each. */
export function oidcProblems(values: OidcValues): string[] {
  if (values.WAYBILL_OIDC_ISSUER === undefined) {
    const idle = ['WAYBILL_OIDC_CLIENT_ID', 'WAYBILL_OIDC_CLIENT_SECRET', 'WAYBILL_OIDC_ROLES'] as const;
    return idle
      .filter((name) => values[name] !== undefined)
      .map((name) => `${name}: needs WAYBILL_OIDC_ISSUER as well`);
  }
  return NEEDED.filter((name) => values[name] === undefined).map(
    (name) => `${name}: is needed with WAYBILL_OIDC_ISSUER`,
  );
}

/** undefined: persons sign in with a password. */
export function oidcConfigOf(values: OidcValues): OidcConfig | undefined {
  const {
    WAYBILL_OIDC_ISSUER: issuer,
    WAYBILL_PUBLIC_URL: publicUrl,
    WAYBILL_OIDC_CLIENT_ID: clientId,
  } = values;
  if (issuer === undefined || publicUrl === undefined || clientId === undefined) return undefined;
  return {
    issuer: new URL(issuer),
    clientId,
    clientSecret: values.WAYBILL_OIDC_CLIENT_SECRET,
    publicUrl: new URL(publicUrl),
    scope: values.WAYBILL_OIDC_SCOPE,
    groupsClaim: values.WAYBILL_OIDC_GROUPS_CLAIM,
    roles: values.WAYBILL_OIDC_ROLES ?? [],
  };
}
