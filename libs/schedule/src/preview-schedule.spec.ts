import { describe, expect, it } from 'vitest';
import type { ScheduleDefinition } from '#domain';
import { readGoldenTable } from '../testing/clock-changes.ts';
import { decideFires } from './due-fires.ts';
import { nextFire } from './next-fire.ts';
import { type PreviewQuestion, previewSchedule } from './preview-schedule.ts';

function schedule(
  cron: string,
  timezone = 'UTC',
  changes: Partial<ScheduleDefinition> = {},
): ScheduleDefinition {
  return { cron, timezone, onHoliday: 'skip', misfire: 'run_once', overlap: 'skip', ...changes };
}

const NOW = new Date('2026-11-21T12:00:00Z');

function preview(wanted: ScheduleDefinition, changes: Partial<PreviewQuestion> = {}) {
  const state = { enabled: true, paused: false, nextFireAt: nextFire(wanted, NOW) ?? null, now: NOW };
  return previewSchedule({ schedule: wanted, ...state, count: 3, ...changes });
}

const at = (text: string) => new Date(text);

describe('a preview', () => {
  it.each([
    ['what comes', {}],
    ['what an outage leaves behind', { downUntil: at('2027-11-21T00:00:00Z') }],
  ])('lets others have their turn between its fires: %s', async (_, supposed) => {
    let turns = 0;
    let turn = setImmediate(function next() {
      turns++;
      turn = setImmediate(next);
    });
    const { fires } = await preview(schedule('0 */12 * * *'), { count: 100, ...supposed });
    clearImmediate(turn);
    expect(fires).toHaveLength(100);
    // To find it, and to explain it.
    expect(turns).toBeGreaterThanOrEqual(199);
  });

  it('shows the moments that the scheduler will record, with what the clock there shows', async () => {
    const { fires, notes, misfire, overlap } = await preview(schedule('15 2 * * 1-5', 'Europe/London'));
    expect(fires).toEqual(
      ['2026-11-23', '2026-11-24', '2026-11-25'].map((day) => ({
        dueAt: `${day}T02:15:00.000Z`,
        localTime: `${day}T02:15+00:00`,
        outcome: 'run',
        reason: null,
        notes: [],
      })),
    );
    expect(notes).toEqual([]);
    expect([misfire.policy, overlap.policy]).toEqual(['run_once', 'skip']);
  });

  it('begins with what is due at the moment it is asked from', async () => {
    const { fires } = await preview(schedule('0 * * * *'), { from: at('2026-03-01T05:00:00Z'), count: 2 });
    expect(fires.map(({ dueAt, outcome }) => [dueAt, outcome])).toEqual([
      ['2026-03-01T05:00:00.000Z', 'run'],
      ['2026-03-01T06:00:00.000Z', 'run'],
    ]);
  });

  it('shows what became overdue as the scheduler will judge it when it is back', async () => {
    const wanted = schedule('0 * * * *');
    const { fires } = await preview(wanted, { nextFireAt: at('2026-11-21T10:00:00Z'), count: 4 });
    expect(fires.map(({ dueAt, outcome }) => [dueAt.slice(11, 13), outcome])).toEqual([
      ['10', 'coalesced'],
      ['11', 'coalesced'],
      ['12', 'run'],
      ['13', 'run'],
    ]);
  });

  it('says that nothing fires while the route is switched off, and does not count that as missed', async () => {
    const { fires, notes } = await preview(schedule('0 * * * *'), {
      enabled: false,
      nextFireAt: at('2026-11-20T10:00:00Z'),
      count: 1,
    });
    expect(notes.map(({ kind }) => kind)).toEqual(['route_disabled']);
    expect(fires).toMatchObject([{ dueAt: '2026-11-21T12:00:00.000Z', outcome: 'run' }]);
  });

  it('says that the route is paused, and when no further fire comes', async () => {
    const leap = await preview(schedule('0 0 29 2 *'), { paused: true, count: 5 });
    expect(leap.fires.map(({ dueAt }) => dueAt.slice(0, 4))).toEqual(['2028', '2032', '2036']);
    expect(leap.notes.map(({ kind }) => kind)).toEqual(['route_paused', 'no_more_fires']);
  });

  it('says what a run waits for where the window is closed', async () => {
    const window = { from: '20:00', to: '06:00', timezone: 'Europe/London' };
    const { fires } = await preview(schedule('0 5,12 * * *'), { window, count: 2 });
    expect(fires.map(({ notes }) => notes)).toEqual([
      [],
      [
        {
          kind: 'window_closed',
          says: expect.stringContaining('20:00 to 06:00 (Europe/London)') as string,
        },
      ],
    ]);
    expect(fires[1]?.notes[0]?.says).toContain('2026-11-22T20:00:00.000Z');
  });
});

describe('an outage that is supposed', () => {
  async function outcomes(changes: Partial<ScheduleDefinition>) {
    const { fires } = await preview(schedule('0 * * * *', 'UTC', changes), {
      from: at('2026-11-21T00:00:00Z'),
      downUntil: at('2026-11-21T02:30:00Z'),
      count: 4,
    });
    return fires.map(({ outcome }) => outcome);
  }

  it.each([
    [{ misfire: 'run_once' }, ['coalesced', 'coalesced', 'run', 'run']],
    [{ misfire: 'skip' }, ['missed', 'missed', 'missed', 'run']],
    [{ misfire: 'run_all', overlap: 'parallel' }, ['run', 'run', 'run', 'run']],
    [{ misfire: 'run_all', overlap: 'skip' }, ['run', 'skipped', 'skipped', 'run']],
  ] as const)('is judged by its policies: %j', async (changes, expected) => {
    expect(await outcomes(changes)).toEqual(expected);
  });

  it('is the decision that the scheduler makes, word for word', async () => {
    const wanted = schedule('*/7 * * * *', 'Europe/London', { misfire: 'run_all' });
    const [from, downUntil] = [at('2026-10-25T00:00:00Z'), at('2026-10-25T03:00:00Z')];
    const decided = decideFires({
      schedule: wanted,
      nextFireAt: from,
      now: downUntil,
      limit: 20,
      runningRuns: 0,
      queuedRuns: 0,
    });
    const { fires } = await preview(wanted, { from, downUntil, count: 20 });
    expect(
      fires.map(({ dueAt, outcome, reason }) => ({
        dueAt: at(dueAt),
        outcome,
        ...(reason !== null && { reason }),
      })),
    ).toEqual(decided.fires);
  });
});

describe('a change of the clock', () => {
  async function notes(cron: string, timezone: string, from: string, count = 2) {
    const { fires } = await preview(schedule(cron, timezone), { from: at(from), count });
    return fires.map(
      ({ dueAt, notes }) => `${dueAt.slice(0, 16)} ${notes.map(({ kind, says }) => `${kind}: ${says}`)}`,
    );
  }

  it.each([
    [
      'a time that does not exist',
      '30 2 * * *',
      'America/New_York',
      '2026-03-08T00:00:00Z',
      [
        '2026-03-08T07:00 clock_forward: The clock is put forward from 02:00 to 03:00. 02:30 does not exist that day: this one fire, at the first moment after, stands for it.',
        '2026-03-09T06:30 ',
      ],
    ],
    [
      'several of them, together with one that exists',
      '0,30 2,3 * * *',
      'America/New_York',
      '2026-03-08T05:00:00Z',
      [
        '2026-03-08T07:00 clock_forward: The clock is put forward from 02:00 to 03:00. 02:00 and 02:30 do not exist that day: this one fire, at the first moment after, stands for them.',
        '2026-03-08T07:30 ',
      ],
    ],
    [
      'every so often, over a gap',
      '*/10 * * * *',
      'Europe/London',
      '2026-03-29T00:50:00Z',
      [
        '2026-03-29T00:50 ',
        '2026-03-29T01:00 clock_forward: The clock is put forward from 01:00 to 02:00. 01:00, 01:10, 01:20 and 3 more do not exist that day: nothing fires for them, as an hour field with * goes on in real time.',
      ],
    ],
    [
      'every second hour, one of which is not there: said at the next that is',
      '0 */2 * * *',
      'America/New_York',
      '2026-03-08T05:00:00Z',
      [
        '2026-03-08T05:00 ',
        '2026-03-08T08:00 clock_forward: The clock is put forward from 02:00 to 03:00. 02:00 does not exist that day: nothing fires for it, as an hour field with * goes on in real time.',
      ],
    ],
    [
      'a gap at midnight',
      '0 0 * * *',
      'America/Santiago',
      '2026-09-06T00:00:00Z',
      [
        '2026-09-06T04:00 clock_forward: The clock is put forward from 00:00 to 01:00. 00:00 does not exist that day: this one fire, at the first moment after, stands for it.',
        '2026-09-07T03:00 ',
      ],
    ],
    [
      'a time that comes twice',
      '30 1 * * *',
      'America/New_York',
      '2026-11-01T00:00:00Z',
      [
        '2026-11-01T05:30 clock_back: The clock is put back that day and shows 01:30 twice. A time of day fires once, the first time.',
        '2026-11-02T06:30 ',
      ],
    ],
    [
      'every so often, in the hour that comes twice',
      '30 * * * *',
      'Europe/London',
      '2026-10-25T00:00:00Z',
      [
        '2026-10-25T00:30 clock_back: The clock is put back that day and shows 01:30 twice. This is the first time; an hour field with * fires in both.',
        '2026-10-25T01:30 clock_back: The clock is put back that day and shows 01:30 twice. This is the second time; an hour field with * fires in both.',
      ],
    ],
  ])('%s', async (_, cron, timezone, from, expected) => {
    expect(await notes(cron, timezone, from)).toEqual(expected);
  });

  it('is said wherever a due moment is not where the clock alone would put it: the golden table', async () => {
    for (const { cron, timezone, from, to, due } of readGoldenTable()) {
      const wanted = schedule(cron, timezone);
      const { fires } = await preview(wanted, { from: at(from), count: 25 });
      const within = fires.filter(({ dueAt }) => at(dueAt) <= at(to));
      const shown = within.filter(({ dueAt }) => at(dueAt) > at(from));
      expect(shown.map(({ dueAt }) => `${dueAt.slice(0, 16)}Z`)).toEqual(due);
      for (const { localTime, notes: said } of within) {
        const [hours, minutes] = cron.split(' ').slice(0, 2).toReversed();
        if (!/^\d+$/.test(hours!) || !/^\d+$/.test(minutes!)) continue;
        const named = `${hours!.padStart(2, '0')}:${minutes!.padStart(2, '0')}`;
        // A single time of day: shown as it is, or explained.
        if (localTime.slice(11, 16) !== named)
          expect(said.map(({ kind }) => kind)).toEqual(['clock_forward']);
      }
    }
  });
});
