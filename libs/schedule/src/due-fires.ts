import type { FireOutcome, OverlapPolicy, ScheduleDefinition } from '#domain';
import { nextFire } from './next-fire.ts';

/** A scheduler that is a little late has missed nothing. */
const ON_TIME_MS = 60_000;

export interface DueFire {
  dueAt: Date;
  outcome: FireOutcome;
  reason?: string;
}

/**
 * Pure: what becomes of every due moment from `nextFireAt` up to `now`, and when the schedule fires next. At most
 * `limit` moments are judged at once; the rest is due at once again.
 */
export function dueFires(input: {
  schedule: ScheduleDefinition;
  nextFireAt: Date;
  now: Date;
  limit: number;
}): {
  fires: DueFire[];
  nextFireAt: Date | undefined;
} {
  const { schedule, now, limit } = input;
  const due: Date[] = [];
  let next: Date | undefined = input.nextFireAt;
  while (next && next <= now && due.length < limit) {
    due.push(next);
    next = nextFire(schedule, next);
  }
  const newest = next && next <= now ? undefined : due.at(-1);
  return { fires: judge(schedule, due, newest, now), nextFireAt: next };
}

/** `newest` is undefined while later moments are due as well: then none of these stands for the others. */
function judge(
  schedule: ScheduleDefinition,
  due: readonly Date[],
  newest: Date | undefined,
  now: Date,
): DueFire[] {
  switch (schedule.misfire) {
    case 'run_all':
      return due.map((dueAt) => ({ dueAt, outcome: 'run' }));
    case 'run_once':
      return due.map((dueAt) =>
        dueAt === newest
          ? { dueAt, outcome: 'run' }
          : {
              dueAt,
              outcome: 'coalesced',
              reason: 'missed while no scheduler ran; the newest fire stands for it',
            },
      );
    case 'skip':
      return due.map((dueAt) =>
        now.getTime() - dueAt.getTime() <= ON_TIME_MS
          ? { dueAt, outcome: 'run' }
          : { dueAt, outcome: 'missed', reason: 'no scheduler ran at the time; the schedule says skip' },
      );
  }
}

/**
 * Pure: the whole decision, by misfire policy and then by overlap policy. It is what the scheduler records, and what a
 * preview shows.
 */
export function decideFires(input: {
  schedule: ScheduleDefinition;
  nextFireAt: Date;
  now: Date;
  limit: number;
  runningRuns: number;
  queuedRuns: number;
}): { fires: DueFire[]; nextFireAt: Date | undefined } {
  const { schedule, runningRuns } = input;
  const { fires, nextFireAt } = dueFires(input);
  let queued = input.queuedRuns;
  const decided = fires.map((fire): DueFire => {
    if (fire.outcome !== 'run') return fire;
    if (decideOverlap(schedule.overlap, { running: runningRuns, queued }) === 'skip')
      return {
        dueAt: fire.dueAt,
        outcome: 'skipped',
        reason: 'an earlier run of this route has not finished',
      };
    queued++;
    return fire;
  });
  return { fires: decided, nextFireAt };
}

/** Pure: may a fire start a run beside the route's unfinished ones? */
export function decideOverlap(
  policy: OverlapPolicy,
  runs: { running: number; queued: number },
): 'run' | 'skip' {
  switch (policy) {
    case 'parallel':
      return 'run';
    case 'skip':
      return runs.running + runs.queued === 0 ? 'run' : 'skip';
    case 'queue_one':
      return runs.queued === 0 ? 'run' : 'skip';
  }
}
