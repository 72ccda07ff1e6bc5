import { describe, expect, it } from 'vitest';
import { choicesFor, explain, situationOf } from './held.ts';

const proved = { sizeBytes: 1, sha256: 'ab', assurance: 'size' as const };
const inDoubt = { ...proved, deliveredAt: null, error: null };
const delivered = { ...proved, deliveredAt: '2026-11-21T21:00:00Z', error: null };
const quarantined = {
  sizeBytes: null,
  sha256: null,
  assurance: null,
  deliveredAt: null,
  error: { code: 'worker_lost' as const, phase: 'stream' as const, detail: null, sentence: '' },
};
const keeping = {
  afterDelivery: { source: 'keep' as const },
  destination: { onExisting: 'refuse' as const },
};
const archiving = {
  afterDelivery: { source: 'archive' as const, to: '/sent' },
  destination: { onExisting: 'overwrite' as const },
};

describe('a held transfer', () => {
  it('is in doubt, quarantined, or waits with its source', () => {
    expect([inDoubt, quarantined, delivered].map(situationOf)).toEqual([
      'in_doubt',
      'quarantined',
      'source_waits',
    ]);
    expect(explain('in_doubt')).toContain('Look at the destination');
  });

  it('offers what the api would take, and says why not', () => {
    const possible = (held: Parameters<typeof choicesFor>[0]) =>
      choicesFor(held, keeping).flatMap(({ decision, impossible }) => (impossible ? [] : decision));
    expect(possible(inDoubt)).toEqual(['delivered', 'resend', 'give_up']);
    expect(possible(quarantined)).toEqual(['resend', 'give_up']);
    expect(possible(delivered)).toEqual(['delivered', 'give_up']);
  });

  it('says what becomes of the source, and of a file that is there after all', () => {
    const [asDelivered, again] = choicesFor(inDoubt, archiving);
    expect(asDelivered!.consequence).toContain('goes on to archive its source');
    expect(again!.consequence).toContain('twice');
    const [kept, refused] = choicesFor(inDoubt, keeping);
    expect(kept!.consequence).not.toContain('source');
    expect(refused!.consequence).toContain('nothing is overwritten');
    expect(choicesFor(inDoubt, undefined)[0]!.consequence).not.toContain('source');
  });

  it('that is at its destination is delivered, also where it is given up', () => {
    expect(choicesFor(delivered, archiving)[2]!.consequence).toContain('The transfer is delivered');
    expect(choicesFor(delivered, archiving)[0]!.consequence).toBe('It is tried again to archive the source.');
  });
});
