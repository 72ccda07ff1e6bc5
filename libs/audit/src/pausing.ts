import type { Actor, TransferRoute } from '#domain';
import type { Store, Tx } from '#store';
import { recordEvent } from './events.ts';
import type { RunToRing } from './run-requests.ts';
import { WrongState } from './wrong-state.ts';

/** What can be paused. */
export interface Pausable {
  object: 'route' | 'endpoint';
  name: string;
}

/** More than this wait for the sweep, which rings them within seconds. */
const RUNG_AT_ONCE = 200;

/**
 * From the commit on nothing new begins here: no run is planned, no transfer claimed. What is under way comes to
 * its end. False when there is nothing of this name.
 */
export async function pause(store: Store, what: Pausable, actor: Actor, reason: string): Promise<boolean> {
  return store.transaction(async (tx) => {
    const row = await take(tx, what);
    if (!row) return false;
    if (row.paused_at)
      throw new WrongState(
        'already_paused',
        `The ${what.object} ${what.name} is paused since ${row.paused_at.toISOString()} by ${row.paused_by}: ${row.pause_reason ?? ''}`,
      );
    await (what.object === 'route'
      ? tx.$executeRaw`
          UPDATE transfer_route SET paused_at = clock_timestamp(), paused_by = ${actor.name}, pause_reason = ${reason}
           WHERE id = ${row.id}::uuid`
      : tx.$executeRaw`
          UPDATE endpoint SET paused_at = clock_timestamp(), paused_by = ${actor.name}, pause_reason = ${reason}
           WHERE id = ${row.id}::uuid`);
    await say(tx, what, row.id, actor, 'paused', { reason });
    return true;
  });
}

/** Returns the runs that wait there, for the caller to ring; undefined when there is nothing of this name. */
export async function resume(
  store: Store,
  what: Pausable,
  actor: Actor,
  reason: string,
): Promise<RunToRing[] | undefined> {
  return store.transaction(async (tx) => {
    const row = await take(tx, what);
    if (!row) return undefined;
    if (!row.paused_at)
      throw new WrongState(
        'not_paused',
        `The ${what.object} ${what.name} is not paused; it goes on as it is.`,
      );
    await (what.object === 'route'
      ? tx.$executeRaw`
          UPDATE transfer_route SET paused_at = NULL, paused_by = NULL, pause_reason = NULL WHERE id = ${row.id}::uuid`
      : tx.$executeRaw`
          UPDATE endpoint SET paused_at = NULL, paused_by = NULL, pause_reason = NULL WHERE id = ${row.id}::uuid`);
    await say(tx, what, row.id, actor, 'resumed', {
      reason,
      pausedAt: row.paused_at,
      pausedBy: row.paused_by,
      pauseReason: row.pause_reason,
    });
    return findWaiting(tx, what, row.id);
  });
}

interface PausableRow {
  id: string;
  paused_at: Date | null;
  paused_by: string | null;
  pause_reason: string | null;
}

async function take(tx: Tx, { object, name }: Pausable): Promise<PausableRow | undefined> {
  const [row] =
    object === 'route'
      ? await tx.$queryRaw<PausableRow[]>`
          SELECT id::text, paused_at, paused_by, pause_reason FROM transfer_route WHERE name = ${name} FOR NO KEY UPDATE`
      : await tx.$queryRaw<PausableRow[]>`
          SELECT id::text, paused_at, paused_by, pause_reason FROM endpoint WHERE name = ${name} FOR NO KEY UPDATE`;
  return row;
}

/** Lane 0 is enough: it rings the others itself. */
async function findWaiting(tx: Tx, { object }: Pausable, id: string): Promise<RunToRing[]> {
  const runs = await tx.run.findMany({
    where: {
      state: { in: ['queued', 'running'] },
      ...(object === 'route'
        ? { routeId: id }
        : { route: { OR: [{ sourceEndpointId: id }, { destinationEndpointId: id }] } }),
    },
    orderBy: [{ priority: 'asc' }, { createdAt: 'asc' }],
    take: RUNG_AT_ONCE,
    include: { route: { select: { name: true, definition: true } } },
  });
  return runs.map(({ id: runId, route, priority }) => ({
    id: runId,
    routeName: route.name,
    lanes: 1,
    priority,
    workerTag: (route.definition as unknown as TransferRoute).workerTag,
  }));
}

function say(
  tx: Tx,
  { object, name }: Pausable,
  objectId: string,
  actor: Actor,
  verb: 'paused' | 'resumed',
  details: Record<string, unknown>,
): Promise<void> {
  return recordEvent(tx, {
    actor,
    action: `${object}.${verb}`,
    object,
    objectId,
    details: { [object]: name, ...details },
  });
}
