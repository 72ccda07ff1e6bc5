/** What became of one due moment of a schedule. */
export const FIRE_OUTCOMES = ['run', 'skipped', 'coalesced', 'missed'] as const;
export type FireOutcome = (typeof FIRE_OUTCOMES)[number];

/** What a preview says beside a due moment: why it is not where the cron alone would put it, or what its run waits for. */
export const FIRE_NOTES = ['clock_forward', 'clock_back', 'window_closed'] as const;
export interface FireNote {
  kind: (typeof FIRE_NOTES)[number];
  says: string;
}

/** What a preview says of the schedule as a whole. */
export const SCHEDULE_NOTES = ['route_disabled', 'route_paused', 'no_more_fires'] as const;
export interface ScheduleNote {
  kind: (typeof SCHEDULE_NOTES)[number];
  says: string;
}
