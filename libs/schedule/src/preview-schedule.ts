import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  FireNote,
  FireOutcome,
  MisfirePolicy,
  OverlapPolicy,
  ScheduleDefinition,
  ScheduleNote,
  TransferWindow,
} from '#domain';
import { clockNotes } from './clock-notes.ts';
import type { DueFire } from './due-fires.ts';
import { localTimeOf } from './local-time.ts';
import { nextFire } from './next-fire.ts';
import { walkFires } from './walk-fires.ts';
import { windowAt } from './window.ts';

/** Leap days of a leap century are eight years apart. */
const HORIZON_YEARS = 10;

export interface PreviewQuestion {
  schedule: ScheduleDefinition;
  window?: TransferWindow | undefined;
  enabled: boolean;
  paused: boolean;
  /** As the scheduler has it. */
  nextFireAt: Date | null;
  now: Date;
  count: number;
  /** As if it were this moment, instead of now; what is due then counts. */
  from?: Date | undefined;
  /** As if no scheduler ran before this moment. */
  downUntil?: Date | undefined;
}

export interface PreviewedFire {
  /** ISO 8601, UTC. */
  dueAt: string;
  /** What the clock of the zone shows, with its offset. */
  localTime: string;
  outcome: FireOutcome;
  reason: string | null;
  notes: FireNote[];
}

/** Ready to be shown: instants are text. */
export interface SchedulePreview {
  cron: string;
  timezone: string;
  from: string;
  downUntil: string | null;
  misfire: { policy: MisfirePolicy; says: string };
  overlap: { policy: OverlapPolicy; says: string };
  notes: ScheduleNote[];
  fires: PreviewedFire[];
}

const MISFIRES: Readonly<Record<MisfirePolicy, string>> = {
  run_once:
    'When no scheduler ran for a while, the newest missed moment runs; those before it are recorded as coalesced.',
  run_all: 'When no scheduler ran for a while, every missed moment runs.',
  skip: 'A moment that is missed by more than a minute is recorded as missed and does not run.',
};
const OVERLAPS: Readonly<Record<OverlapPolicy, string>> = {
  skip: 'A fire that finds an unfinished run of the route is recorded as skipped.',
  queue_one:
    'Beside runs that have begun one more may wait; a fire that finds one waiting is recorded as skipped.',
  parallel: 'A fire makes a run, whatever others are doing.',
};

/**
 * The next fires as the scheduler would decide them, by the same code, with what a change of the clock, the misfire policy,
 * the overlap policy and the window have to do with each. Runs of the route that are unfinished now are not known here.
 *
 * A fire takes milliseconds where the hour field is `*`: after each, everybody else of the process has a turn.
 */
export async function previewSchedule(question: PreviewQuestion): Promise<SchedulePreview> {
  const { schedule, now, from, downUntil } = question;
  const begin = from ?? now;
  const fires: PreviewedFire[] = [];
  for (const fire of await fireAll(question, begin)) {
    fires.push(explain(fire, question));
    await nextTurn();
  }
  return {
    cron: schedule.cron,
    timezone: schedule.timezone,
    from: begin.toISOString(),
    downUntil: downUntil?.toISOString() ?? null,
    misfire: { policy: schedule.misfire, says: MISFIRES[schedule.misfire] },
    overlap: { policy: schedule.overlap, says: OVERLAPS[schedule.overlap] },
    notes: notesOn(question, fires.length),
    fires,
  };
}

async function fireAll(
  { schedule, enabled, nextFireAt, now, count, from, downUntil }: PreviewQuestion,
  begin: Date,
): Promise<DueFire[]> {
  const supposed = from !== undefined || downUntil !== undefined || !enabled;
  // What was due while a route was switched off is not missed: it begins with what comes.
  const next = (supposed ? null : nextFireAt) ?? nextFire(schedule, new Date(begin.getTime() - 1));
  const until = downUntil ?? (supposed ? new Date(begin.getTime() - 1) : now);
  const horizon = new Date(begin);
  horizon.setUTCFullYear(horizon.getUTCFullYear() + HORIZON_YEARS);
  const fires: DueFire[] = [];
  if (!next) return fires;
  for (const fire of walkFires({ schedule, nextFireAt: next, now: until })) {
    if (fire.dueAt > until && fire.dueAt > horizon) break;
    fires.push(fire);
    await nextTurn();
    if (fires.length === count) break;
  }
  return fires;
}

function notesOn({ enabled, paused, count }: PreviewQuestion, found: number): ScheduleNote[] {
  const notes: ScheduleNote[] = [];
  if (!enabled)
    notes.push({
      kind: 'route_disabled',
      says: 'The route is switched off: nothing fires until it is switched on.',
    });
  if (paused)
    notes.push({
      kind: 'route_paused',
      says: 'The route is paused: fires make runs, which wait for its end.',
    });
  if (found < count)
    notes.push({
      kind: 'no_more_fires',
      says: `There is no further fire within ${HORIZON_YEARS} years.`,
    });
  return notes;
}

function explain({ dueAt, outcome, reason }: DueFire, { schedule, window }: PreviewQuestion): PreviewedFire {
  return {
    dueAt: dueAt.toISOString(),
    localTime: localTimeOf(dueAt, schedule.timezone),
    outcome,
    reason: reason ?? null,
    notes: [...clockNotes(schedule, dueAt), ...(window ? windowNotes(window, dueAt) : [])],
  };
}

function windowNotes(window: TransferWindow, dueAt: Date): FireNote[] {
  const state = windowAt(window, dueAt);
  if (state.open) return [];
  const { from, to, timezone } = window;
  return [
    {
      kind: 'window_closed',
      says: `The window ${from} to ${to} (${timezone}) is closed then; its run waits until ${state.opensAt.toISOString()}.`,
    },
  ];
}
