/** Who did it: a person, a program, or a part of the system. */
export interface Actor {
  kind: 'user' | 'api_key' | 'scheduler' | 'worker' | 'system';
  name: string;
}

export const AUDIT_OBJECTS = [
  'partner',
  'endpoint',
  'route',
  'schedule',
  'fire',
  'run',
  'transfer',
  'attempt',
  'tls_negotiation',
  'incident',
  'api_key',
  'user',
  'session',
  'secret',
  'configuration',
  'process',
] as const;
export type AuditObject = (typeof AUDIT_OBJECTS)[number];

/** Append-only row: who, what, on which object, when, details. `at` is the database's clock. */
export interface AuditEvent {
  actor: Actor;
  /** `noun.verb_in_past`, e.g. `transfer.delivered`. */
  action: string;
  object: AuditObject;
  objectId: string;
  runId?: string | undefined;
  transferId?: string | undefined;
  details: Record<string, unknown>;
}
