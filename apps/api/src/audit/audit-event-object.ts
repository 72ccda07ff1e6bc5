import type { AuditEventObject } from '#contract';
import type { EventRecord } from '#store';

export function toEvent({ id, at, ...said }: EventRecord): AuditEventObject {
  return { id: String(id), at: at.toISOString(), ...said };
}
