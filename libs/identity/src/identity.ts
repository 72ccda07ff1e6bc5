import type { Role } from '#contract';
import type { Actor } from '#domain';

/** `all`, or the names of those it reaches; an empty list reaches nothing. */
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
  /** A one-time password lets its owner do nothing but choose another one. */
  passwordIsOneTime: boolean;
}
