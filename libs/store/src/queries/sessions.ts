import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { inOrder, type Page, type PageRequest, searchIds } from './page.ts';

/** A person who is signed in somewhere. */
export interface SessionRecord {
  id: string;
  /** Name of the person. */
  user: string;
  address: string;
  client: string;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
}

export interface SessionSearch extends PageRequest {
  /** Id of the only person whose sessions are meant. */
  of?: string | undefined;
  /** Longer without a request: it is over. */
  idleMinutes: number;
}

/** Live ones, newest first. */
export async function searchSessions(db: Tx, search: SessionSearch): Promise<Page<SessionRecord>> {
  const conditions = [
    Prisma.sql`session.ended_at IS NULL AND session.expires_at > now()`,
    Prisma.sql`session.last_seen_at > now() - make_interval(mins => ${search.idleMinutes}::int)`,
    Prisma.sql`user_account.disabled_at IS NULL`,
    ...(search.of === undefined ? [] : [Prisma.sql`session.user_id = ${search.of}::uuid`]),
  ];
  const from = Prisma.sql`session JOIN user_account ON user_account.id = session.user_id`;
  const { ids, nextCursor } = await searchIds(db, 'session', from, conditions, search);
  const rows = await db.session.findMany({
    where: { id: { in: ids } },
    omit: { digest: true },
    include: { user: { select: { name: true } } },
  });
  const items = inOrder(ids, rows).map(({ user, userId: _, endedAt: __, ...row }) => ({
    ...row,
    user: user.name,
  }));
  return { items, nextCursor };
}
