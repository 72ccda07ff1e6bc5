/** What an installation might demand of all its partners one day, strictest of the questions first. */
export const STRICTER_POLICIES = [
  'no_legacy_policies',
  'tls_1_3',
  'ciphers_256_bit',
  'post_quantum_key_exchange',
  'session_reuse_required',
  'close_notify_required',
  'pinned_key',
] as const;
export type StricterPolicy = (typeof STRICTER_POLICIES)[number];

/**
 * `in_force`: the endpoint demands it already. `holds`: nothing that was seen would be different. `breaks`: connections that were
 * made would not be. `unknown`: nothing was seen that tells.
 */
export const POLICY_EFFECTS = ['in_force', 'holds', 'breaks', 'unknown'] as const;
export type PolicyEffect = (typeof POLICY_EFFECTS)[number];
