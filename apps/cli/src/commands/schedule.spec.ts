import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SchedulePreviewObject } from '#contract';
import { UsageError } from '../failures.ts';
import type { Terminal } from '../terminal.ts';
import { describePreview, previewSchedule } from './schedule.ts';

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

it('a schedule is previewed out of a file, before it is applied to anything', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-preview-'));
  const file = join(folder, 'new.yaml');
  const printed: unknown[] = [];
  const terminal: Pick<Terminal, 'json'> = { json: (value) => void printed.push(value) };
  const preview = (route: string) =>
    previewSchedule(terminal as Terminal, route, {
      count: 1,
      from: '2026-03-29T00:00:00.000Z',
      file,
      json: true,
    });
  await writeFile(
    file,
    `apiVersion: waybill/v1
endpoints:
  - {name: inbox, protocol: local, root: /srv/inbox}
  - {name: outbox, protocol: local, root: /srv/outbox}
routes:
  - name: nightly
    source: {endpoint: outbox, path: /}
    destination: {endpoint: inbox, path: /}
    verify: {minimum: size}
    afterDelivery: {source: keep}
    schedule: {cron: "30 1 * * *", timezone: Europe/London}
  - name: by-hand
    source: {endpoint: outbox, path: /x}
    destination: {endpoint: inbox, path: /x}
    verify: {minimum: size}
    afterDelivery: {source: keep}
`,
  );
  await preview('nightly');
  expect(printed).toMatchObject([
    { fires: [{ dueAt: '2026-03-29T01:00:00.000Z', notes: [{ kind: 'clock_forward' }] }] },
  ]);
  await expect(preview('by-hand')).rejects.toThrow('has no schedule');
  await expect(preview('nigthly')).rejects.toThrow(UsageError);
  await rm(folder, { recursive: true, force: true });
});
