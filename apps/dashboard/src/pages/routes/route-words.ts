import type { AnswerOf, SchedulePreviewObject } from '#contract';
import { cronWords } from './cron-words.ts';
import { readCron } from './read-cron.ts';

export type Route = AnswerOf<'getRoute'>;
type Schedule = Pick<NonNullable<Route['schedule']>, 'cron' | 'timezone'>;

/** `Mon-Fri 02:15 Europe/London`; the expression itself where it cannot be read. */
export function scheduleWords(schedule: Schedule | undefined): string {
  if (!schedule) return 'By hand or by the API';
  const reading = readCron(schedule.cron);
  const words = reading.ok ? cronWords(reading.cron) : schedule.cron;
  // Behind a time of day stands its zone; behind anything else it is one more thing to say.
  return `${words}${!reading.ok || /^[^,]*\d\d:\d\d$|and \d\d:\d\d$/.test(words) ? '' : ','} ${schedule.timezone}`;
}

/** `*.csv and *.txt`, `all files`. */
export function selectionWords({
  select,
  regex,
}: {
  select?: readonly string[] | undefined;
  regex?: string | undefined;
}): string {
  if (regex !== undefined) return `names that match ${regex}`;
  if (!select || select.length === 0 || (select.length === 1 && select[0] === '*')) return 'all files';
  return listed(select);
}

export function completeWords({
  settleMs,
  marker,
}: {
  settleMs: number;
  marker?: string | undefined;
}): string {
  const settles = settleMs > 0 && `its size and time have not changed for ${durationWords(settleMs)}`;
  const marked = marker !== undefined && `its marker ${marker} stands beside it`;
  if (marked && settles) return `When ${marked} and ${settles}.`;
  if (marked) return `When ${marked}.`;
  return settles ? `When ${settles}.` : 'As soon as it is listed.';
}

export const VERIFY_WORDS: Readonly<Record<Route['verify']['minimum'], string>> = {
  none: 'Not verified: that the server confirmed the upload is enough.',
  size: 'The size at the destination is compared.',
  read_back: 'The file is read back and its SHA-256 compared.',
  hash_by_server: 'The server computes a hash of what it has; it is compared.',
};

export const EXISTING_WORDS: Readonly<Record<Route['destination']['onExisting'], string>> = {
  refuse: 'The transfer fails; what is there stays.',
  overwrite: 'It is replaced.',
  version: 'Both stay: the new one becomes name-2, name-3 …',
};

export const AMBIGUOUS_WORDS: Readonly<Record<Route['onAmbiguous'], string>> = {
  hold: 'The transfer is held until a person decides.',
  resend: 'The file is sent again; the partner may get it twice.',
  assume_delivered: 'It counts as delivered; it may be missing at the partner.',
};

export function afterWords({ source, to }: { source: string; to?: string | undefined }): string {
  if (source === 'delete') return 'It is deleted.';
  if (source === 'archive') return `It is moved to ${to ?? 'the archive'}.`;
  return 'It stays where it is; a run that meets it again leaves it out.';
}

export interface Retry {
  maxAttempts: number;
  firstDelayMs: number;
  factor: number;
  maxDelayMs: number;
  jitter: number;
}
const MOST_DELAYS = 5;

/** `Up to 5 attempts, with 30 s, 1 min, 2 min and 4 min between them, give or take 20 %.` */
export function retryWords({ maxAttempts, firstDelayMs, factor, maxDelayMs, jitter }: Retry): string {
  if (maxAttempts === 1) return 'Never: the first failure is final.';
  const delays = Array.from({ length: maxAttempts - 1 }, (_, step) =>
    Math.min(firstDelayMs * factor ** step, maxDelayMs),
  );
  const spread = jitter > 0 && delays[0]! > 0 ? `, give or take ${Math.round(jitter * 1_000) / 10} %` : '';
  const steady = delays.every((delay) => delay === delays[0]);
  return `Up to ${maxAttempts} attempts, ${steady && delays.length > 1 ? steadyWords(delays[0]!) : risingWords(delays)}${spread}.`;
}

function steadyWords(delayMs: number): string {
  return delayMs === 0 ? 'at once each time' : `with ${durationWords(delayMs)} between them`;
}

function risingWords(delays: readonly number[]): string {
  if (delays.length === 1)
    return delays[0] === 0 ? 'the second at once' : `the second after ${durationWords(delays[0]!)}`;
  // What does not grow any more is told once.
  const growing = delays.findIndex((delay, index) => delay === delays[index + 1]);
  const shown = Math.min(growing < 0 ? delays.length : growing, MOST_DELAYS);
  const first = delays.slice(0, shown).map(durationWords);
  const last = delays.at(-1)!;
  if (shown === delays.length) return `with ${listed(first)} between them`;
  if (shown === growing) return `with ${first.join(', ')}, then always ${durationWords(last)} between them`;
  return `with ${first.join(', ')} … up to ${durationWords(last)} between them`;
}

interface Window {
  from: string;
  to: string;
  timezone: string;
}

/** `20:00 to 06:00 the next day, Europe/London` */
export function windowWords({ from, to, timezone }: Window): string {
  return `${from} to ${to}${to < from ? ' the next day' : ''}, ${timezone}`;
}

export const MISFIRE_WORDS: Readonly<Record<SchedulePreviewObject['misfire']['policy'], string>> = {
  run_once: 'the newest one runs once',
  run_all: 'each of them runs',
  skip: 'none of them runs',
};
export const OVERLAP_WORDS: Readonly<Record<SchedulePreviewObject['overlap']['policy'], string>> = {
  skip: 'the new one is skipped',
  queue_one: 'one new run waits, more are skipped',
  parallel: 'both run',
};

/** `5 s`, `1 min 30 s`, `2 h`, `250 ms`. */
export function durationWords(milliseconds: number): string {
  const whole = Math.round(milliseconds);
  if (whole === 0) return '0 s';
  if (whole < 1_000) return `${whole} ms`;
  // Below a minute tenths matter, above it nobody counts them.
  if (whole < 60_000) return `${Math.round(whole / 100) / 10} s`;
  const seconds = Math.round(whole / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}

export function listed(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}
