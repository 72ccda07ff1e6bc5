import { describe, expect, it } from 'vitest';
import type { ScheduleDefinition } from '#domain';
import { decideFires } from './due-fires.ts';
import { nextFire } from './next-fire.ts';
import { upcomingFires } from './upcoming-fires.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const HOURS_MS = 3_600_000;
const hoursOn = (hours: number) => new Date(NOW.getTime() + hours * HOURS_MS);

function armed(
  name: string,
  cron: string,
  changes: Partial<ScheduleDefinition> & { nextFireAt?: Date } = {},
) {
  const { nextFireAt, ...rest } = changes;
  const schedule: ScheduleDefinition = {
    ...{ cron, timezone: 'UTC', onHoliday: 'skip', misfire: 'run_once', overlap: 'skip' },
    ...rest,
  };
  return { name, schedule, nextFireAt: nextFireAt ?? nextFire(schedule, NOW)! };
}

async function upcoming(
  schedules: ReturnType<typeof armed>[],
  { until = hoursOn(12), limit = 200, mostOfOne = 60 } = {},
) {
  const { fires, completeUntil } = await upcomingFires({ schedules, now: NOW, until, limit, mostOfOne });
  return {
    fires,
    completeUntil,
    said: fires.map(({ of, dueAt }) => `${of.name} ${dueAt.toISOString().slice(11, 16)}`),
  };
}

describe('what fires next', () => {
  it('is of all schedules together, in order, up to the last moment', async () => {
    const { said, completeUntil } = await upcoming(
      [armed('late', '0 15 * * *'), armed('often', '30 * * * *'), armed('too-late', '1 15 * * *')],
      { until: hoursOn(3) },
    );
    expect(said).toEqual(['often 12:30', 'often 13:30', 'often 14:30', 'late 15:00']);
    expect(completeUntil).toBeUndefined();
  });

  it('says what the clock of each zone shows, through its changes', async () => {
    const { fires } = await upcoming([armed('tokyo', '0 3 * * *', { timezone: 'Asia/Tokyo' })]);
    expect(fires).toMatchObject([{ localTime: '2026-11-22T03:00+09:00', outcome: 'run' }]);
  });

  it('keeps the order of those of one moment, however often they fire', async () => {
    const { said } = await upcoming([armed('b', '0,20,40 * * * *'), armed('a', '0 * * * *')], {
      until: hoursOn(2),
    });
    expect(said.filter((one) => one.endsWith(':00'))).toEqual(['b 13:00', 'a 13:00', 'b 14:00', 'a 14:00']);
  });

  it('is what the scheduler decides, of each alone', async () => {
    const schedules = [
      armed('new-york', '*/17 9-11 * * *', { timezone: 'America/New_York' }),
      armed('late', '*/20 * * * *', { misfire: 'skip', nextFireAt: hoursOn(-2) }),
      armed('all', '*/15 * * * *', { misfire: 'run_all', nextFireAt: hoursOn(-1) }),
      armed('once', '*/30 * * * *', { nextFireAt: hoursOn(-1) }),
    ];
    const { fires } = await upcoming(schedules, { until: hoursOn(6) });
    for (const of of schedules) {
      const { schedule, nextFireAt } = of;
      const overdue = decideFires({
        schedule,
        nextFireAt,
        now: NOW,
        limit: 1_000,
        runningRuns: 0,
        queuedRuns: 0,
      });
      const expected = overdue.fires.map(({ dueAt, outcome }) => [dueAt, outcome]);
      for (let next = overdue.nextFireAt; next && next <= hoursOn(6); next = nextFire(schedule, next))
        expected.push([next, 'run']);
      expect(fires.flatMap((fire) => (fire.of === of ? [[fire.dueAt, fire.outcome]] : []))).toEqual(expected);
    }
  });

  it('shows of one of every minute so many that others are seen, and until when nothing is left out', async () => {
    const { said, completeUntil } = await upcoming(
      [armed('minute', '* * * * *'), armed('nightly', '0 20 * * *')],
      {
        mostOfOne: 5,
      },
    );
    expect(said).toHaveLength(6);
    expect(said.at(-1)).toBe('nightly 20:00');
    expect(completeUntil).toEqual(new Date('2026-11-21T12:06:00Z'));
  });

  it('ends at its limit, and says what comes next is left out; with just as many nothing is', async () => {
    const schedules = [armed('hourly', '0 * * * *'), armed('half', '30 * * * *')];
    const cut = await upcoming(schedules, { limit: 3 });
    expect(cut.said).toEqual(['half 12:30', 'hourly 13:00', 'half 13:30']);
    expect(cut.completeUntil).toEqual(hoursOn(2));
    expect(await upcoming(schedules, { limit: 3, until: hoursOn(1.5) })).toMatchObject({
      completeUntil: undefined,
      said: { length: 3 },
    });
  });

  it('looks for no more moments than are shown, whatever there would be, and lets others have their turn', async () => {
    let turns = 0;
    let turn = setImmediate(function next() {
      turns++;
      turn = setImmediate(next);
    });
    // A thousand that have fired every minute for a day and nobody has taken it up: more than a million are overdue.
    const schedules = Array.from({ length: 1_000 }, (_, n) =>
      armed(`minute-${n}`, '* * * * *', { nextFireAt: hoursOn(-24) }),
    );
    const { fires, completeUntil } = await upcoming(schedules, { limit: 100, until: hoursOn(48) });
    clearImmediate(turn);
    expect(fires).toHaveLength(100);
    expect(fires.map(({ outcome }) => outcome)).toEqual(Array(100).fill('coalesced'));
    expect(completeUntil).toEqual(hoursOn(-24));
    expect(turns).toBeGreaterThanOrEqual(1_000);
    expect(turns).toBeLessThan(1_500);
  });
});
