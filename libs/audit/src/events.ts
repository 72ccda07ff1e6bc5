import type { Actor, AuditEvent, AuditObject } from '#domain';
import type { SqlTx } from '#store';

export const SCHEDULER: Actor = { kind: 'scheduler', name: 'scheduler' };

export function workerActor(name: string): Actor {
  return { kind: 'worker', name };
}

/** Appends one event in the caller's transaction: no event, no effect. */
export async function recordEvent(tx: SqlTx, event: AuditEvent): Promise<void> {
  await recordEvents(tx, [event]);
}

export async function recordEvents(tx: SqlTx, events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ actor, runId, transferId, objectId, ...said }, place) => ({
    ...said,
    place,
    actor_kind: actor.kind,
    actor_name: actor.name,
    object_id: objectId,
    run_id: runId,
    transfer_id: transferId,
  }));
  await tx.$executeRaw`
    INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, run_id, transfer_id, details)
    SELECT actor_kind, actor_name, action, object, object_id, run_id, transfer_id, details
      FROM jsonb_to_recordset(${asJson(rows)}::jsonb)
           AS event(place int, actor_kind text, actor_name text, action text, object text, object_id text, run_id uuid,
                    transfer_id uuid, details jsonb)
     ORDER BY place`;
}

/** An event about a run or one of its transfers. */
export function runEvent(
  actor: Actor,
  action: string,
  about: { object: AuditObject; objectId: string; runId: string; transferId?: string },
  details: Record<string, unknown> = {},
): AuditEvent {
  return { actor, action, ...about, details };
}

/** JSON has neither bigint nor undefined nor Date; what is recorded keeps its meaning as text and null. */
export function asJson(value: object): string {
  return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? inner.toString() : inner));
}
