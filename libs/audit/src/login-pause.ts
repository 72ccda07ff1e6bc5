import { TransferError } from '#domain';
import type { Store, Tx } from '#store';
import { recordEvent, workerActor } from './events.ts';
import { closeRefusedLogin, openRefusedLogin } from './problems.ts';

/** Servers lock accounts after a few refused logins; within this time there is no second one. */
export const LOGIN_PAUSE_MS = 15 * 60_000;

/** Rejects with `login_paused` while a refused login is too recent to try another. */
export async function demandLoginAllowed(store: Store, endpoint: string): Promise<void> {
  const [row] = await store.db.$queryRaw<{ until: Date }[]>`
    SELECT login_refused_at + ${LOGIN_PAUSE_MS}::float8 * interval '1 millisecond' AS until
      FROM endpoint
     WHERE name = ${endpoint}
       AND login_refused_at > clock_timestamp() - ${LOGIN_PAUSE_MS}::float8 * interval '1 millisecond'`;
  if (!row) return;
  throw new TransferError('login_paused', {
    phase: 'authenticate',
    detail: `${endpoint} refused our login; the next one is at ${row.until.toISOString()}.`,
  });
}

/** The pause begins; said once in the audit, however many lanes were refused. */
export async function recordLoginRefused(
  store: Store,
  worker: string,
  endpoint: string,
  error: TransferError,
): Promise<void> {
  await store.transaction(async (tx) => {
    const [row] = await tx.$queryRaw<{ id: string }[]>`
      UPDATE endpoint SET login_refused_at = clock_timestamp() WHERE name = ${endpoint} RETURNING id::text`;
    if (!row) return;
    await say(tx, worker, 'endpoint.login_refused', row.id, { endpoint, reply: error.reply ?? null });
    await openRefusedLogin(tx, { id: row.id, name: endpoint }, workerActor(worker), {
      code: error.code,
      detail: error.reply ?? error.sentence,
    });
  });
}

/** A login that worked ends the pause and its incident, which outlives new settings. Costs one read where there is none. */
export async function recordLoginAccepted(store: Store, worker: string, endpoint: string): Promise<void> {
  const [refused] = await store.db.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM endpoint
     WHERE name = ${endpoint}
       AND (login_refused_at IS NOT NULL
            OR EXISTS (SELECT FROM incident WHERE kind = 'login_refused' AND object = 'endpoint'
                          AND object_id = endpoint.id::text AND state <> 'resolved'))`;
  if (!refused) return;
  await store.transaction(async (tx) => {
    const [row] = await tx.$queryRaw<{ id: string }[]>`
      UPDATE endpoint SET login_refused_at = NULL
       WHERE name = ${endpoint} AND login_refused_at IS NOT NULL RETURNING id::text`;
    if (row) await say(tx, worker, 'endpoint.login_accepted', row.id, { endpoint });
    await closeRefusedLogin(tx, refused.id, workerActor(worker));
  });
}

function say(
  tx: Tx,
  worker: string,
  action: string,
  objectId: string,
  details: Record<string, unknown>,
): Promise<void> {
  return recordEvent(tx, { actor: workerActor(worker), action, object: 'endpoint', objectId, details });
}
