import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ScheduleDefinition } from '#domain';
import type { DueFire } from './due-fires.ts';
import { localTimeOf } from './local-time.ts';
import { walkFires } from './walk-fires.ts';

/** A schedule that is switched on, as the scheduler has it. */
export interface ArmedSchedule {
  schedule: ScheduleDefinition;
  nextFireAt: Date;
}

export interface UpcomingFire<Armed> extends DueFire {
  of: Armed;
  /** What the clock of its zone shows, with its offset. */
  localTime: string;
}

export interface UpcomingFires<Armed> {
  /** In the order of their moments; those of one moment as the schedules were given. */
  fires: UpcomingFire<Armed>[];
  /** From here on something is left out. */
  completeUntil: Date | undefined;
}

/**
 * What fires next, of many schedules together, up to and with `until`. Of each at most `mostOfOne`, so that one of every minute does
 * not hide the nightly ones. No more moments are looked for than are shown, and one for each that is overdue; after each of them
 * everybody else of the process has a turn.
 */
export async function upcomingFires<Armed extends ArmedSchedule>(question: {
  schedules: readonly Armed[];
  now: Date;
  until: Date;
  limit: number;
  mostOfOne: number;
}): Promise<UpcomingFires<Armed>> {
  const { now, until, limit, mostOfOne } = question;
  const fires: UpcomingFire<Armed>[] = [];
  const leftOut: Date[] = [];
  const waiting: Head<Armed>[] = [];
  for (const [place, of] of question.schedules.entries())
    await push({ of, place, walk: walkFires({ ...of, now }), shown: 0 });
  while (waiting.length > 0) {
    const head = takeFirst(waiting);
    if (fires.length === limit || head.shown === mostOfOne) {
      leftOut.push(head.fire.dueAt);
      if (fires.length === limit) break;
      continue;
    }
    const { of, fire } = head;
    fires.push({ ...fire, of, localTime: localTimeOf(fire.dueAt, of.schedule.timezone) });
    await push({ ...head, shown: head.shown + 1 });
  }
  const [completeUntil] = leftOut.sort((one, other) => one.getTime() - other.getTime());
  return { fires, completeUntil };

  async function push({ walk, ...rest }: Omit<Head<Armed>, 'fire'>): Promise<void> {
    const { value: fire } = walk.next();
    await nextTurn();
    if (fire && fire.dueAt <= until) waiting.push({ ...rest, walk, fire });
  }
}

interface Head<Armed> {
  of: Armed;
  /** Among those that were given. */
  place: number;
  walk: Generator<DueFire, undefined>;
  fire: DueFire;
  shown: number;
}

/** There are no more of them than are shown: looking at each is nothing beside finding a moment. */
function takeFirst<Armed extends ArmedSchedule>(waiting: Head<Armed>[]): Head<Armed> {
  const first = waiting.reduce((one, other) => {
    const later = other.fire.dueAt.getTime() - one.fire.dueAt.getTime();
    return later < 0 || (later === 0 && other.place < one.place) ? other : one;
  });
  waiting.splice(waiting.indexOf(first), 1);
  return first;
}
