/** What became of one due moment of a schedule. */
export const FIRE_OUTCOMES = ['run', 'skipped', 'coalesced', 'missed'] as const;
export type FireOutcome = (typeof FIRE_OUTCOMES)[number];
