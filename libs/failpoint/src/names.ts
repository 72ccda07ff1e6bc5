/**
 * The moments at which a worker may die and a delivery has to be found again, in the order in which one file passes them.
 * A closed list: the suites that kill and freeze workers walk it from end to end.
 */
export const FAILPOINTS = [
  'claimed',
  'connected',
  'logged_in',
  'source_stated',
  'temporary_opened',
  'mid_bytes',
  'last_byte',
  'flushed',
  'verified',
  'intent_committed',
  'rename_sent',
  'rename_answered',
  'directory_synced',
  'delivered_committed',
  'disposition_sent',
  'disposition_committed',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];
