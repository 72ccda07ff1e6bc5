import type { SqlTx, Store } from '#store';
import { workerActor } from './events.ts';
import { openIncident, resolveIncidents } from './incidents.ts';

/** One for the installation: it names no run, so that only who may see everything sees it, and answers it. */
const ABOUT = { object: 'secret', objectId: 'keys' } as const;

/** Somebody meets it who has not met it before. */
export async function openKeyOutage(tx: SqlTx, worker: string, because: string): Promise<void> {
  await openIncident(tx, {
    kind: 'keys_unavailable',
    ...ABOUT,
    actor: workerActor(worker),
    summary: `Secrets cannot be opened, and what needs one waits: ${because}`,
    errorCode: 'secret_unavailable',
  });
}

/** It goes on; a person who has ended its incident too early gets another one. */
export async function prolongKeyOutage(tx: SqlTx, worker: string, because: string): Promise<void> {
  const known = await tx.$executeRaw`
    UPDATE incident SET last_seen_at = clock_timestamp()
     WHERE kind = 'keys_unavailable' AND object = ${ABOUT.object} AND object_id = ${ABOUT.objectId} AND state <> 'resolved'`;
  if (known === 0) await openKeyOutage(tx, worker, because);
}

export async function recordKeyOutage(
  store: Store,
  worker: string,
  because: string,
  { goesOn }: { goesOn: boolean },
): Promise<void> {
  await store.sqlTransaction((tx) =>
    goesOn ? prolongKeyOutage(tx, worker, because) : openKeyOutage(tx, worker, because),
  );
}

/**
 * This worker reaches the keys. Another one may not, and says so again and again: it is over when nobody has met it for
 * `quietMs`.
 */
export async function endKeyOutage(store: Store, worker: string, quietMs: number): Promise<void> {
  await store.sqlTransaction(async (tx) => {
    const quiet = await tx.$queryRaw<object[]>`
      SELECT FROM incident
       WHERE kind = 'keys_unavailable' AND object = ${ABOUT.object} AND object_id = ${ABOUT.objectId} AND state <> 'resolved'
         AND last_seen_at < clock_timestamp() - ${quietMs} * interval '1 millisecond'
         FOR UPDATE`;
    if (quiet.length === 0) return;
    await resolveIncidents(tx, {
      kinds: ['keys_unavailable'],
      ...ABOUT,
      actor: workerActor(worker),
      resolution: 'Secrets can be opened again.',
    });
  });
}
