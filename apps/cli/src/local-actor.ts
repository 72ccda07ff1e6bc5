import { userInfo } from 'node:os';
import type { Actor } from '#domain';

/** Who works directly on a local home: the operating system's user. */
export function localActor(): Actor {
  return { kind: 'user', name: `${userInfo().username} (local)` };
}
