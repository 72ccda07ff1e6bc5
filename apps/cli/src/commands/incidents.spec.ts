import { expect, test } from 'vitest';
import type { Incident } from '#contract';
import { INCIDENT_KINDS } from '#domain';
import { describeIncident } from './incidents.ts';

const INCIDENT: Incident = {
  id: '0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11',
  kind: 'transfer_in_doubt',
  state: 'open',
  object: 'transfer',
  objectId: 't-1',
  runId: 'r-1',
  transferId: 't-1',
  route: 'nightly',
  endpoint: 'acme-ftps',
  summary: '/a.csv of nightly may or may not be delivered.',
  occurrences: 1,
  openedAt: '2026-11-21T02:15:00.000Z',
  lastSeenAt: '2026-11-21T02:15:00.000Z',
  acknowledgedAt: null,
  acknowledgedBy: null,
  snoozedUntil: null,
  resolvedAt: null,
  resolvedBy: null,
  resolution: null,
  error: null,
};

test('an incident is told with its sentence and the command that decides it', () => {
  expect(describeIncident(INCIDENT)).toEqual([
    '2026-11-21T02:15:00.000Z  transfer_in_doubt  open  0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11',
    '  /a.csv of nightly may or may not be delivered.',
    '  look at the destination, then: waybill resolve t-1 --as delivered|resend|give_up --reason TEXT',
  ]);
});

test.each(INCIDENT_KINDS)('%s comes with a command that can be typed as it stands', (kind) => {
  const [, , advice] = describeIncident({ ...INCIDENT, kind });
  expect(advice).toMatch(
    /waybill (resolve t-1|doctor acme-ftps|rerun r-1|incidents resolve 0b0e8a4e|secret keys)/,
  );
  expect(advice).not.toMatch(/null|undefined/);
});

test('a resolved one says who ended it and why, and asks for nothing', () => {
  const resolved = {
    ...INCIDENT,
    state: 'resolved',
    resolvedBy: 'Ada',
    resolution: 'resend: not there',
    occurrences: 3,
  } as const;
  const lines = describeIncident(resolved);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain('resolved by Ada: resend: not there, 3 times');
});
