import { expect, it } from 'vitest';
import { affectedBy } from './affected.ts';

it('has lists and single objects read again, and the overview', () => {
  expect(affectedBy({ object: 'incident', state: null, action: 'incident.opened' })).toEqual([
    'listIncidents',
    'getIncident',
    'getOverview',
  ]);
});

it('has the evidence of a transfer read again when it came to rest, not at each step', () => {
  expect(affectedBy({ object: 'transfer', state: 'streaming', action: 'transfer.streaming' })).not.toContain(
    'listAttempts',
  );
  expect(affectedBy({ object: 'transfer', state: 'held', action: 'transfer.held' })).toContain(
    'listAttempts',
  );
});

it('has nothing read again for what a newer api tells of', () => {
  const unknown = { object: 'parcel', state: null, action: 'parcel.lost' } as unknown as Parameters<
    typeof affectedBy
  >[0];
  expect(affectedBy(unknown)).toEqual([]);
});
