import { randomBytes } from 'node:crypto';
import { recordEvent } from '#audit';
import type { Actor } from '#domain';
import {
  type Page,
  type SessionRecord,
  type SessionSearch,
  type Store,
  searchSessions,
  type Tx,
} from '#store';
import { type Identity, knownRole, reachOf } from './identity.ts';
import type { IdentityKeys } from './identity-keys.ts';

const FORM = /^wbs_[A-Za-z0-9_-]{43}$/;
const TOKEN_BYTES = 32;
/** NIST SP 800-63B, section 4.2.3 (AAL2): at the latest after 12 hours, or 30 minutes without a request. */
export const LONGEST_SESSION_MINUTES = 12 * 60;
const IDLE_MINUTES = 30;

export interface NewSession {
  userId: string;
  userName: string;
  address: string;
  client: string;
}

/** The token goes into a cookie and is kept nowhere. */
export async function openSession(
  tx: Tx,
  keys: IdentityKeys,
  { userId, userName, address, client }: NewSession,
): Promise<{ id: string; token: string }> {
  const token = `wbs_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  const [row] = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO session (user_id, digest, address, client, created_at, last_seen_at, expires_at)
    VALUES (${userId}::uuid, ${keys.digest('session', token)}, ${address}, ${client}, clock_timestamp(),
            clock_timestamp(), clock_timestamp() + make_interval(mins => ${LONGEST_SESSION_MINUTES}::int))
    RETURNING id::text`;
  const { id } = row!;
  await recordEvent(tx, {
    actor: { kind: 'user', name: userName },
    action: 'session.opened',
    object: 'session',
    objectId: id,
    details: { user: userName, address, client },
  });
  return { id, token };
}

/** An identity, and how its use is noted: once a minute, and only when it was let in. */
export interface FoundIdentity {
  identity: Identity;
  noteUse?: (() => Promise<void>) | undefined;
}

/** undefined for everything but a live session of a person who may sign in. The database's clock decides. */
export async function findSession(
  store: Store,
  keys: IdentityKeys,
  token: string,
): Promise<FoundIdentity | undefined> {
  if (!FORM.test(token)) return undefined;
  const [row] = await store.db.$queryRaw<LiveSession[]>`
    SELECT session.id::text, user_id::text AS "userId", name, role, partners, expires_at AS "expiresAt",
           password_one_time AS "passwordIsOneTime", totp_secret IS NOT NULL AS "hasSecondFactor",
           last_seen_at < clock_timestamp() - interval '1 minute' AS stale
      FROM session JOIN user_account ON user_account.id = user_id
     WHERE digest = ${keys.digest('session', token)} AND ended_at IS NULL AND disabled_at IS NULL
       AND expires_at > clock_timestamp()
       AND last_seen_at > clock_timestamp() - make_interval(mins => ${IDLE_MINUTES}::int)`;
  const role = row && knownRole(row.role);
  if (!row || !role) return undefined;
  const { id, userId, name, expiresAt, passwordIsOneTime, hasSecondFactor } = row;
  const csrfToken = keys.csrfTokenOf(token);
  return {
    identity: {
      name,
      role,
      actor: { kind: 'user', name },
      partners: reachOf(row.partners),
      routes: 'all',
      session: { id, userId, expiresAt, passwordIsOneTime, hasSecondFactor, csrfToken },
    },
    noteUse: row.stale ? () => noteSession(store, id) : undefined,
  };
}

interface LiveSession {
  id: string;
  userId: string;
  name: string;
  role: string;
  partners: string[];
  expiresAt: Date;
  passwordIsOneTime: boolean;
  hasSecondFactor: boolean;
  stale: boolean;
}

async function noteSession(store: Store, id: string): Promise<void> {
  await store.db.$executeRaw`UPDATE session SET last_seen_at = clock_timestamp() WHERE id = ${id}::uuid`;
}

/** Effective with the next request. `of`: only sessions of this user. false when there is no such live session. */
export async function endSession(
  store: Store,
  id: string,
  { actor, of }: { actor: Actor; of?: string | undefined },
): Promise<boolean> {
  return store.transaction(async (tx) => {
    const ended = await tx.session.updateManyAndReturn({
      where: { id, endedAt: null, ...(of !== undefined && { userId: of }) },
      data: { endedAt: new Date() },
      select: { user: { select: { name: true } } },
    });
    const [row] = ended;
    if (!row) return false;
    await recordEvent(tx, {
      actor,
      action: 'session.ended',
      object: 'session',
      objectId: id,
      details: { user: row.user.name },
    });
    return true;
  });
}

/** All of them but one; they are part of the change that makes them worthless, and of its event. */
export async function endSessionsOf(tx: Tx, userId: string, except?: string): Promise<number> {
  const { count } = await tx.session.updateMany({
    where: { userId, endedAt: null, ...(except !== undefined && { id: { not: except } }) },
    data: { endedAt: new Date() },
  });
  return count;
}

export type SessionEntry = SessionRecord;

/** Live ones, newest first. `of`: only those of this user. */
export function listSessions(
  db: Tx,
  search: Omit<SessionSearch, 'idleMinutes'>,
): Promise<Page<SessionEntry>> {
  return searchSessions(db, { ...search, idleMinutes: IDLE_MINUTES });
}
