import type { Role } from '#contract';
import { namesOf, type Reach } from './identity.ts';

/** What a person may do, and where. */
export interface Rights {
  role: Role;
  partners: Reach;
}

/** A person of whom nobody has said anything yet. */
export const NO_RIGHTS: Rights = { role: 'viewer', partners: [] };

export function sameRights(one: Rights, other: Rights): boolean {
  return one.role === other.role && namesOf(one.partners).join() === namesOf(other.partners).join();
}

/** What both of them allow: never more than either. */
export function commonRights(one: Rights, other: Rights): Rights {
  return { role: commonRole(one.role, other.role), partners: commonReach(one.partners, other.partners) };
}

/** An operator may not read the audit, an auditor may change nothing: both may what a viewer may. */
function commonRole(one: Role, other: Role): Role {
  if (one === other || other === 'admin') return one;
  return one === 'admin' ? other : 'viewer';
}

function commonReach(one: Reach, other: Reach): Reach {
  if (one === 'all') return other;
  return other === 'all' ? one : one.filter((name) => other.includes(name));
}
