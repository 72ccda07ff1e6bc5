import type { UserObject } from '#contract';

/** Who can do everything now: one of them has to stay. As the api counts them: of the whole installation, and not disabled. */
export function adminNames(users: readonly UserObject[]): string[] {
  return users
    .filter(({ role, partners, disabled }) => role === 'admin' && partners === 'all' && !disabled)
    .map(({ name }) => name);
}

/** undefined: it is possible as far as this page knows; the api decides. */
export function whyNotReset(user: UserObject, me: string, fourEyes: boolean): string | undefined {
  if (user.signsInWith === 'identity_provider') return 'Has no password here';
  if (user.name === me) return 'Yours is changed under Account; a lost one is reset by another admin';
  if (fourEyes && user.role === 'admin') return 'An admin’s is reset on the machine: waybill user reset';
  return undefined;
}
