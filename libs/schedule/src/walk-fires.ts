import type { ScheduleDefinition } from '#domain';
import { type DueFire, decideFires } from './due-fires.ts';
import { nextFire } from './next-fire.ts';

/**
 * The fires of a schedule one after the other, without end, as the scheduler would decide them: what is due at `now` as if it were
 * taken up then, what comes later on time. Runs that are unfinished now are not known here. Each costs milliseconds at most, and
 * nothing before it is asked for.
 */
export function* walkFires({
  schedule,
  nextFireAt,
  now,
}: {
  schedule: ScheduleDefinition;
  nextFireAt: Date;
  now: Date;
}): Generator<DueFire, undefined> {
  let next: Date | undefined = nextFireAt;
  let queuedRuns = 0;
  while (next) {
    if (next > now) {
      yield { dueAt: next, outcome: 'run' };
      next = nextFire(schedule, next);
    } else {
      const decided = decideFires({ schedule, nextFireAt: next, now, limit: 1, runningRuns: 0, queuedRuns });
      queuedRuns += decided.fires.filter(({ outcome }) => outcome === 'run').length;
      yield* decided.fires;
      next = decided.nextFireAt;
    }
  }
}
