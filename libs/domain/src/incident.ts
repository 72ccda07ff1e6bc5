/** An open problem that a person has to look at. */
export const INCIDENT_KINDS = [
  /** The rename was sent and nobody knows its outcome. */
  'transfer_in_doubt',
  /** Workers died while moving this file. */
  'transfer_quarantined',
  /** Delivered, but its source could not be deleted or archived. */
  'transfer_held',
  /** The partner refused our login; nobody tries again for a while. */
  'login_refused',
  /** A run of this route ended without delivering all of its files. */
  'run_failed',
  /** Whoever wanted to hear how runs of a route end was tried often enough, and has not heard of one. */
  'callback_given_up',
  /** The keys that open secrets are away: what needs a secret waits. */
  'keys_unavailable',
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

export const INCIDENT_STATES = ['open', 'acknowledged', 'snoozed', 'resolved'] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** Those that end with the decision on their transfer, and no other way. */
const DECIDED_BY_TRANSFER: ReadonlySet<IncidentKind> = new Set([
  'transfer_in_doubt',
  'transfer_quarantined',
  'transfer_held',
]);

export function isDecidedByTransfer(kind: IncidentKind): boolean {
  return DECIDED_BY_TRANSFER.has(kind);
}

/** What a person decides about a held transfer. */
export const TRANSFER_DECISIONS = ['delivered', 'resend', 'give_up'] as const;
export type TransferDecision = (typeof TRANSFER_DECISIONS)[number];
