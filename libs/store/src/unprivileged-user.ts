import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** PostgreSQL refuses to run as root. */
export interface UnprivilegedUser {
  uid: number;
  gid: number;
}

/**
 * The user that the embedded server runs as when we are root: `postgres` where it exists, else `nobody`.
 * undefined when we are not root: the server runs as ourselves.
 */
export async function unprivilegedUser(): Promise<UnprivilegedUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const entry = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!entry)
    throw new Error(
      'Neither a user "postgres" nor "nobody" exists to run PostgreSQL as. Run Waybill as an ordinary user.',
    );
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

/** Whether the user may walk down to `path` (and enter or execute it): each part of it lets them through. */
export async function canReach(user: UnprivilegedUser, path: string): Promise<boolean> {
  for (let part = path; ; part = dirname(part)) {
    const { mode, uid, gid } = await stat(part);
    const allowed = uid === user.uid ? mode & 0o100 : gid === user.gid ? mode & 0o010 : mode & 0o001;
    if (!allowed) return false;
    if (part === dirname(part)) return true;
  }
}
