import { readFileSync } from 'node:fs';

/** One row of the golden table: all that is due around one change of the clock. */
export interface ClockChange {
  timezone: string;
  cron: string;
  from: string;
  to: string;
  /** UTC. */
  due: string[];
}

export const GOLDEN_TABLE = new URL('clock-changes.tsv', import.meta.url);

const HOUR_MS = 3_600_000;

export const ZONES = [
  'America/New_York',
  'America/Santiago',
  'America/Sao_Paulo',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Australia/Sydney',
  'Europe/London',
  'UTC',
];

export const PATTERNS = [
  '0 0 * * *',
  '30 1 * * *',
  '0 2 * * *',
  '30 2 * * *',
  '0,30 1-3 * * *',
  '*/30 1 * * *',
  '30 2 * * 0',
  '15 * * * *',
  '*/20 */2 * * *',
];

/** Windows around the changes of 2026 and 2027; zones whose clock never changes are looked at where others' do. */
export function windowsOf(timezone: string): { from: Date; to: Date }[] {
  const windows: { from: Date; to: Date }[] = [];
  let moment: Temporal.ZonedDateTime | null = Temporal.ZonedDateTime.from(`2026-01-01T00:00[${timezone}]`);
  while (moment) {
    moment = moment.getTimeZoneTransition('next');
    if (!moment || moment.year > 2027) break;
    windows.push(around(moment.epochMilliseconds));
  }
  return windows.length > 0 ? windows : [around(Date.UTC(2026, 2, 29, 1)), around(Date.UTC(2026, 9, 25, 1))];
}

function around(change: number): { from: Date; to: Date } {
  return { from: new Date(change - 3 * HOUR_MS), to: new Date(change + 4 * HOUR_MS) };
}

export function readGoldenTable(): ClockChange[] {
  const lines = readFileSync(GOLDEN_TABLE, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [timezone, cron, from, to, due] = line.split('\t') as [string, string, string, string, string];
    return { timezone, cron, from, to, due: due === '-' ? [] : due.split(' ') };
  });
}
