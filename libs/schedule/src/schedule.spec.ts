import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScheduleDefinition } from '#domain';
import { cronProblem } from './cron.ts';
import { decideOverlap, dueFires } from './due-fires.ts';
import { isTimeZone, nextFire } from './next-fire.ts';

function fires(cron: string, timezone: string, after: string, count: number): string[] {
  const found: string[] = [];
  let moment: Date | undefined = new Date(after);
  while (found.length < count) {
    moment = nextFire({ cron, timezone }, moment);
    if (!moment) break;
    found.push(moment.toISOString().slice(0, 16));
  }
  return found;
}

describe('nextFire', () => {
  it.each([
    ['15 2 * * 1-5', 'UTC', '2026-11-20T02:15:00Z', ['2026-11-23T02:15', '2026-11-24T02:15']],
    [
      '*/20 * * * *',
      'Asia/Kolkata',
      '2026-11-20T00:01:00Z',
      ['2026-11-20T00:10', '2026-11-20T00:30', '2026-11-20T00:50'],
    ],
    ['0 0 29 2 *', 'UTC', '2026-11-20T00:00:00Z', ['2028-02-29T00:00', '2032-02-29T00:00']],
    [
      '0 9 1 * mon',
      'UTC',
      '2026-11-25T00:00:00Z',
      ['2026-11-30T09:00', '2026-12-01T09:00', '2026-12-07T09:00'],
    ],
    ['0 0 * * 7', 'UTC', '2026-11-20T00:00:00Z', ['2026-11-22T00:00']],
    [
      '5/25 6 * jan-feb *',
      'UTC',
      '2026-11-20T00:00:00Z',
      ['2027-01-01T06:05', '2027-01-01T06:30', '2027-01-01T06:55'],
    ],
  ])('%s in %s', (cron, zone, after, expected) => {
    expect(fires(cron, zone, after, expected.length)).toEqual(expected);
  });

  // Local time of the change, UTC moments expected around it.
  it.each([
    [
      'gap: a time of day that does not exist fires at the first moment after',
      '30 2 * * *',
      'America/New_York',
      '2026-03-07T12:00:00Z',
      ['2026-03-08T07:00', '2026-03-09T06:30'],
    ],
    [
      'gap: two such times fire once',
      '0,30 2 * * *',
      'America/New_York',
      '2026-03-07T12:00:00Z',
      ['2026-03-08T07:00', '2026-03-09T06:00'],
    ],
    [
      'gap: London',
      '30 1 * * *',
      'Europe/London',
      '2026-03-28T12:00:00Z',
      ['2026-03-29T01:00', '2026-03-30T00:30'],
    ],
    [
      'gap: half an hour in Lord Howe',
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-03T00:00:00Z',
      ['2026-10-03T15:30', '2026-10-04T15:15'],
    ],
    [
      'gap at midnight: Santiago',
      '0 0 * * *',
      'America/Santiago',
      '2026-09-05T12:00:00Z',
      ['2026-09-06T04:00', '2026-09-07T03:00'],
    ],
    [
      'overlap: a time of day fires once',
      '30 1 * * *',
      'America/New_York',
      '2026-10-31T12:00:00Z',
      ['2026-11-01T05:30', '2026-11-02T06:30'],
    ],
    [
      'overlap: steps within a fixed hour fire once',
      '*/30 1 * * *',
      'America/New_York',
      '2026-10-31T12:00:00Z',
      ['2026-11-01T05:00', '2026-11-01T05:30', '2026-11-02T06:00'],
    ],
    [
      'overlap: every so often fires in each real hour',
      '30 * * * *',
      'Europe/London',
      '2026-10-24T23:40:00Z',
      ['2026-10-25T00:30', '2026-10-25T01:30', '2026-10-25T02:30'],
    ],
    [
      'gap: every so often goes on in real time',
      '0 * * * *',
      'Europe/London',
      '2026-03-29T00:00:00Z',
      ['2026-03-29T01:00', '2026-03-29T02:00'],
    ],
    [
      'Sydney, overlap',
      '30 2 * * *',
      'Australia/Sydney',
      '2026-04-04T00:00:00Z',
      ['2026-04-04T15:30', '2026-04-05T16:30'],
    ],
  ])('%s', (_, cron, zone, after, expected) => {
    expect(fires(cron, zone, after, expected.length)).toEqual(expected);
  });

  it('always moves on, and misses no matching minute', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/London',
      'America/New_York',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
    );
    const instants = fc.date({
      min: new Date('2026-01-01'),
      max: new Date('2027-12-31'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(zones, instants, fc.integer({ min: 0, max: 59 }), (timezone, after, minute) => {
        const next = nextFire({ cron: `${minute} * * * *`, timezone }, after)!;
        expect(next.getTime()).toBeGreaterThan(after.getTime());
        // Every hour, in real time: never more than an hour away (Lord Howe's clock moves by half of one).
        expect(next.getTime() - after.getTime()).toBeLessThanOrEqual(
          timezone === 'Australia/Lord_Howe' ? 5_400_000 : 3_600_000,
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('cronProblem', () => {
  it.each([
    ['* * * *', 'four fields'.replace('four', '4')],
    ['61 * * * *', 'minute: 61 is not between 0 and 59'],
    ['* 24 * * *', 'hour: 24'],
    ['* * 0 * *', 'day of month: 0'],
    ['* * * foo *', 'month: foo'],
    ['* * * * 8', 'day of week: 8'],
    ['5-1 * * * *', 'runs backwards'],
    ['*/0 * * * *', 'step 0'],
    ['a b c d e', 'minute: a'],
    ['0 0 31 2 *', 'never comes'],
    ['@daily', '1 fields'],
  ])('%s: %s', (cron, problem) => {
    expect(cronProblem(cron)).toContain(problem);
  });

  it.each(['* * * * *', '0 0 31 2 1', '*/5 8-18 * * mon-fri', '0 0 1,15 * *'])('%s is fine', (cron) => {
    expect(cronProblem(cron)).toBeUndefined();
  });
});

it('knows IANA zones and takes no offset for one', () => {
  expect(['Europe/London', 'UTC', 'Europe/Lundon', '+02:00', ''].map(isTimeZone)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

describe('dueFires', () => {
  const schedule: ScheduleDefinition = {
    cron: '* * * * *',
    timezone: 'UTC',
    onHoliday: 'skip',
    misfire: 'run_once',
    overlap: 'skip',
  };
  const nextFireAt = new Date('2026-11-21T02:00:00Z');
  const now = new Date('2026-11-21T02:03:30Z');
  const outcomes = (misfire: ScheduleDefinition['misfire']) =>
    dueFires({ schedule: { ...schedule, misfire }, nextFireAt, now, limit: 100 }).fires.map(
      (fire) => fire.outcome,
    );

  it('accounts for every missed moment by the misfire policy', () => {
    expect(outcomes('run_once')).toEqual(['coalesced', 'coalesced', 'coalesced', 'run']);
    expect(outcomes('run_all')).toEqual(['run', 'run', 'run', 'run']);
    expect(outcomes('skip')).toEqual(['missed', 'missed', 'missed', 'run']);
  });

  it('leaves what is over the limit for the next round', () => {
    const { fires: judged, nextFireAt: next } = dueFires({ schedule, nextFireAt, now, limit: 2 });
    expect(judged.length).toBe(2);
    expect(next).toEqual(new Date('2026-11-21T02:02:00Z'));
  });

  it.each([
    ['run_once', { coalesced: 3, run: 1 }],
    ['run_all', { run: 4 }],
    ['skip', { missed: 3, run: 1 }],
  ] as const)('judges %s the same in one round or in several', (misfire, expected) => {
    const counts: Record<string, number> = {};
    let from: Date | undefined = nextFireAt;
    for (let round = 0; round < 2 && from; round++) {
      const judged = dueFires({ schedule: { ...schedule, misfire }, nextFireAt: from, now, limit: 2 });
      for (const { outcome } of judged.fires) counts[outcome] = (counts[outcome] ?? 0) + 1;
      from = judged.nextFireAt;
    }
    expect(counts).toEqual(expected);
  });

  it('has nothing to say before the time', () => {
    expect(dueFires({ schedule, nextFireAt, now: new Date('2026-11-21T01:59:59Z'), limit: 10 })).toEqual({
      fires: [],
      nextFireAt,
    });
  });
});

describe('decideOverlap', () => {
  it.each([
    ['skip', { running: 1, queued: 0 }, 'skip'],
    ['skip', { running: 0, queued: 0 }, 'run'],
    ['queue_one', { running: 1, queued: 0 }, 'run'],
    ['queue_one', { running: 1, queued: 1 }, 'skip'],
    ['parallel', { running: 5, queued: 5 }, 'run'],
  ] as const)('%s with %j: %s', (policy, runs, decision) => {
    expect(decideOverlap(policy, runs)).toBe(decision);
  });
});
