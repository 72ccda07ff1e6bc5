/** Since when nothing new begins here, by whom and why. */
export interface RecordedPause {
  since: Date;
  by: string;
  reason: string;
}

export function recordedPause(row: {
  pausedAt: Date | null;
  pausedBy: string | null;
  pauseReason: string | null;
}): RecordedPause | null {
  return row.pausedAt && { since: row.pausedAt, by: row.pausedBy ?? '', reason: row.pauseReason ?? '' };
}
