import { expect, it } from 'vitest';
import type { SchedulePreviewObject } from '#contract';
import { describePreview } from './schedule.ts';

const PREVIEW: SchedulePreviewObject = {
  route: 'nightly',
  cron: '30 2 * * *',
  timezone: 'America/New_York',
  from: '2026-03-07T12:00:00.000Z',
  downUntil: null,
  misfire: { policy: 'skip', says: 'It is not made up for.' },
  overlap: { policy: 'parallel', says: 'They run side by side.' },
  notes: [{ kind: 'route_paused', says: 'The route is paused.' }],
  fires: [
    {
      dueAt: '2026-03-08T07:00:00.000Z',
      localTime: '2026-03-08T03:00-04:00',
      outcome: 'missed',
      reason: 'no scheduler ran',
      notes: [{ kind: 'clock_forward', says: '02:30 does not exist.' }],
    },
    {
      dueAt: '2026-03-09T06:30:00.000Z',
      localTime: '2026-03-09T02:30-04:00',
      outcome: 'run',
      reason: null,
      notes: [],
    },
  ],
};

it('a preview is a table with what there is to say under each fire, and the rules at the end', () => {
  expect(describePreview(PREVIEW, 110)).toEqual([
    'nightly: 30 2 * * * in America/New_York',
    'The route is paused.',
    'DUE (UTC)                 DUE (America/New_York)      OUTCOME',
    '2026-03-08T07:00:00.000Z  Sun 2026-03-08 03:00-04:00  missed',
    '    no scheduler ran',
    '    02:30 does not exist.',
    '2026-03-09T06:30:00.000Z  Mon 2026-03-09 02:30-04:00  run',
    'misfire skip: It is not made up for.',
    'overlap parallel: They run side by side.',
  ]);
});

it('a schedule that never fires has no table', () => {
  expect(describePreview({ ...PREVIEW, fires: [], notes: [] }, 110)).toEqual([
    'nightly: 30 2 * * * in America/New_York',
    'misfire skip: It is not made up for.',
    'overlap parallel: They run side by side.',
  ]);
});
