import { ROLES, type Role } from '#contract';
import type { Actor } from '#domain';

/** `all`, also those to come; or the names of those it reaches, of which there may be none. */
export type Reach = 'all' | readonly string[];

/** Who asks: a program with its key, or a person with a session. Found once for each request, before any handler. */
export interface Identity {
  name: string;
  role: Role;
  actor: Actor;
  /** The partners whose objects it may see and change; what belongs to no partner is seen by `all` only. */
  partners: Reach;
  /** The routes it may trigger and look at; persons have `all`. */
  routes: Reach;
  /** Of a person. */
  session?: SessionOfIdentity;
}

export interface SessionOfIdentity {
  id: string;
  userId: string;
  expiresAt: Date;
  /** A one-time password lets its owner do nothing but choose another one. */
  passwordIsOneTime: boolean;
  hasSecondFactor: boolean;
  /** What a page has to send along with every change: no other page knows it. */
  csrfToken: string;
}

/** How the database says `all`; no partner or route can have this name. */
const EVERY = '*';

export function reachOf(names: readonly string[]): Reach {
  return names.includes(EVERY) ? 'all' : names;
}

export function namesOf(reach: Reach): string[] {
  return reach === 'all' ? [EVERY] : [...new Set(reach)].sort();
}

/** undefined for a role of another release: nobody may use what it would allow. */
export function knownRole(text: string): Role | undefined {
  return ROLES.find((role) => role === text);
}
