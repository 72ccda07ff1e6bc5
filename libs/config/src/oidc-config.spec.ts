import { describe, expect, it } from 'vitest';
import { ConfigProblem, readConfig } from './config.ts';

const WHOLE = {
  WAYBILL_PUBLIC_URL: 'https://waybill.example',
  WAYBILL_OIDC_ISSUER: 'https://login.example/realms/ops',
  WAYBILL_OIDC_CLIENT_ID: 'waybill',
  WAYBILL_OIDC_ROLES: 'ops=operator',
};

function problemsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigProblem) return error.problems;
    throw error;
  }
  return [];
}

describe('an identity provider', () => {
  it('is configured as a whole, a public client at the least', () => {
    expect(readConfig(WHOLE).oidc).toMatchObject({
      clientId: 'waybill',
      clientSecret: undefined,
      scope: 'openid profile',
      groupsClaim: 'groups',
      roles: ['ops=operator'],
    });
    expect(readConfig({}).oidc).toBeUndefined();
  });

  it.each(['WAYBILL_PUBLIC_URL', 'WAYBILL_OIDC_CLIENT_ID', 'WAYBILL_OIDC_ROLES'])(
    'is refused without %s',
    (name) => {
      expect(problemsOf({ ...WHOLE, [name]: undefined })).toEqual([
        `${name}: is needed with WAYBILL_OIDC_ISSUER`,
      ]);
    },
  );

  it('that is missing makes what belongs to it a mistake, and not a silence', () => {
    expect(problemsOf({ ...WHOLE, WAYBILL_OIDC_ISSUER: undefined })).toEqual([
      'WAYBILL_OIDC_CLIENT_ID: needs WAYBILL_OIDC_ISSUER as well',
      'WAYBILL_OIDC_ROLES: needs WAYBILL_OIDC_ISSUER as well',
    ]);
  });

  it.each([
    ['WAYBILL_OIDC_ISSUER', 'http://login.example'],
    ['WAYBILL_PUBLIC_URL', 'https://waybill.example/sub'],
    ['WAYBILL_OIDC_SCOPE', 'profile'],
  ])('is refused with %s=%s', (name, value) => {
    expect(problemsOf({ ...WHOLE, [name]: value })[0]).toMatch(new RegExp(`^${name}: `));
  });

  it('has groups whose names have commas, as those of LDAP do', () => {
    const list = String.raw`ops=operator, cn=chiefs\,ou=groups\,dc=example=admin ,cn=acme\, Inc.=viewer@acme+beta`;
    expect(readConfig({ ...WHOLE, WAYBILL_OIDC_ROLES: list }).oidc?.roles).toEqual([
      'ops=operator',
      'cn=chiefs,ou=groups,dc=example=admin',
      'cn=acme, Inc.=viewer@acme+beta',
    ]);
  });
});
