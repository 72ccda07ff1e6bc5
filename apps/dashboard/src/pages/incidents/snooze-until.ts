export interface SnoozePreset {
  id: string;
  title: string;
  until: Date;
}

const HOUR_MS = 3_600_000;
const MORNING_HOUR = 8;
const MONDAY = 1;

/** Moments that people mean, by the clock of this computer. */
export function snoozePresets(now: Date): SnoozePreset[] {
  const tomorrow = morningAfter(now, 1);
  const monday = morningAfter(now, ((MONDAY - now.getDay() + 6) % 7) + 1);
  return [
    { id: '1h', title: 'for 1 hour', until: new Date(now.getTime() + HOUR_MS) },
    { id: '4h', title: 'for 4 hours', until: new Date(now.getTime() + 4 * HOUR_MS) },
    { id: 'tomorrow', title: 'until tomorrow, 08:00', until: tomorrow },
    ...(monday.getTime() === tomorrow.getTime()
      ? []
      : [{ id: 'monday', title: 'until Monday, 08:00', until: monday }]),
  ];
}

function morningAfter(now: Date, days: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, MORNING_HOUR);
}

/** `2026-11-21T02:15` of a field, by the clock of this computer; undefined where it is no moment. */
export function momentOf(local: string): Date | undefined {
  const at = new Date(local);
  return local === '' || Number.isNaN(at.getTime()) ? undefined : at;
}
