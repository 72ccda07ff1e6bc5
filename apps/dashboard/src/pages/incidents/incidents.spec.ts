import { describe, expect, it } from 'vitest';
import { isDecidedByTransfer as decidedByDomain, INCIDENT_KINDS, INCIDENT_STATES } from '#domain';
import { answersTo, endSays, isDecidedByTransfer } from './incident-end.ts';
import { KIND_FILTERS, readFilters, STATE_FILTERS } from './incident-filters.ts';
import { momentOf, snoozePresets } from './snooze-until.ts';

describe('filters in the address', () => {
  it('are those of the contract', () => {
    expect([...KIND_FILTERS].sort()).toEqual([...INCIDENT_KINDS].sort());
    expect([...STATE_FILTERS].sort()).toEqual([...INCIDENT_STATES, 'unresolved'].sort());
  });

  it('are taken where they are known, and told where they are not', () => {
    expect(readFilters({ state: 'open', kind: 'run_failed', route: 'nightly', endpoint: '' })).toEqual({
      query: { state: 'open', kind: 'run_failed', route: 'nightly' },
      unknown: [],
    });
    expect(readFilters({ state: 'ajar', endpoint: '../x', id: 'y' })).toEqual({
      query: {},
      unknown: ['state=ajar', 'endpoint=../x'],
    });
  });
});

describe('an incident', () => {
  it('of a held transfer ends with the decision on it, as the domain has it', () => {
    expect(INCIDENT_KINDS.filter(isDecidedByTransfer)).toEqual(INCIDENT_KINDS.filter(decidedByDomain));
    expect(answersTo({ kind: 'transfer_in_doubt', state: 'open' })).toEqual(['acknowledge', 'snooze']);
  });

  it('can be answered as its state allows', () => {
    expect(answersTo({ kind: 'run_failed', state: 'open' })).toEqual(['acknowledge', 'snooze', 'resolve']);
    expect(answersTo({ kind: 'run_failed', state: 'acknowledged' })).toEqual(['snooze', 'resolve']);
    expect(answersTo({ kind: 'run_failed', state: 'resolved' })).toEqual([]);
  });

  it('says what ends it', () => {
    for (const kind of INCIDENT_KINDS) expect(endSays(kind)).toMatch(/^It ends/);
    expect(endSays('of_tomorrow' as 'run_failed')).toContain('resolves');
  });
});

describe('a snooze', () => {
  const titlesAt = (now: Date) =>
    snoozePresets(now).map(({ title, until }) => `${title}: ${until.toDateString()} ${until.getHours()}`);

  it('is for some hours, until tomorrow, or until Monday', () => {
    expect(titlesAt(new Date(2026, 10, 20, 3, 15))).toEqual([
      'for 1 hour: Fri Nov 20 2026 4',
      'for 4 hours: Fri Nov 20 2026 7',
      'until tomorrow, 08:00: Sat Nov 21 2026 8',
      'until Monday, 08:00: Mon Nov 23 2026 8',
    ]);
  });

  it('until Monday is the next one on a Monday, and tomorrow on a Sunday', () => {
    expect(titlesAt(new Date(2026, 10, 23, 3)).at(-1)).toContain('Mon Nov 30');
    expect(titlesAt(new Date(2026, 10, 22, 3))).toHaveLength(3);
  });

  it('ends at a moment', () => {
    expect(momentOf('2026-11-21T02:15')?.getMinutes()).toBe(15);
    expect([momentOf(''), momentOf('soon')]).toEqual([undefined, undefined]);
  });
});
