import { ROLES } from '#contract';
import type { Rights } from './rights.ts';

/** What members of one group at the identity provider may do here. */
export interface GroupRole extends Rights {
  group: string;
}

const PARTNER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * One entry of the list: `group=role`, or `group=role@partner+partner`.
 * @returns what is wrong with it as text; never the entry itself
 */
export function parseGroupRole(entry: string): GroupRole | string {
  const at = entry.lastIndexOf('=');
  if (at < 1) return 'must be group=role or group=role@partner+partner';
  const [roleName, partners, ...more] = entry.slice(at + 1).split('@');
  const role = ROLES.find((known) => known === roleName);
  if (!role || more.length > 0) return `must name one of the roles ${ROLES.join(', ')}`;
  const names = partners?.split('+');
  if (names && !names.every((name) => PARTNER.test(name))) return 'must name partners, separated by +';
  return { group: entry.slice(0, at), role, partners: names ?? 'all' };
}

/** Pure: the first entry that names one of the person's groups; undefined: he has no business here. */
export function roleOfGroups(entries: readonly GroupRole[], groups: readonly string[]): Rights | undefined {
  const found = entries.find(({ group }) => groups.includes(group));
  return found && { role: found.role, partners: found.partners };
}

/** The claim as providers write it: a list, or one name; everything else is no group. */
export function groupsOfClaim(claim: unknown): string[] {
  if (typeof claim === 'string') return [claim];
  return Array.isArray(claim) ? claim.filter((group) => typeof group === 'string') : [];
}
