import type { Actor, AuditEvent, AuditObject } from '#domain';
import type { Tx } from '#store';

export const SCHEDULER: Actor = { kind: 'scheduler', name: 'scheduler' };

export function workerActor(name: string): Actor {
  return { kind: 'worker', name };
}

/** Appends one event in the caller's transaction: no event, no effect. */
export async function recordEvent(tx: Tx, event: AuditEvent): Promise<void> {
  await recordEvents(tx, [event]);
}

export async function recordEvents(tx: Tx, events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.auditEvent.createMany({
    data: events.map((event) => ({
      actorKind: event.actor.kind,
      actorName: event.actor.name,
      action: event.action,
      object: event.object,
      objectId: event.objectId,
      runId: event.runId ?? null,
      transferId: event.transferId ?? null,
      details: JSON.parse(asJson(event.details)) as Record<string, string | number | boolean | null>,
    })),
  });
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
