import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toObject, toValues } from '../../forms/form-values.ts';
import { writePath } from '../../forms/path.ts';
import { ROUTE_FIELDS, SECTION_TITLES, type SectionId } from './route-fields.ts';
import { sectionSays } from './section-says.ts';

const SECTIONS = Object.keys(SECTION_TITLES) as SectionId[];
const newRoute = toObject(ROUTE_FIELDS, toValues(ROUTE_FIELDS, {}));

describe('what a closed section says', () => {
  it.each<[SectionId, string]>([
    ['schedule', 'by hand or by the API'],
    ['after', 'It stays where it is; a run that meets it again leaves it out.'],
    ['arrival', 'Under the same name. If it is taken: the transfer fails; what is there stays.'],
    ['complete', 'When its size and time have not changed for 5 s.'],
    [
      'proof',
      'The size at the destination is compared. In doubt: the transfer is held until a person decides.',
    ],
    ['retry', 'Up to 5 attempts, with 30 s, 1 min, 2 min and 4 min between them, give or take 20 %.'],
    ['capacity', 'Up to 4 files, priority 5, any worker.'],
    ['window', 'None: at any time.'],
    ['parameters', 'None.'],
    ['standing', 'Switched on.'],
  ])('of a new route: %s: %s', (id, says) => {
    expect(sectionSays(id, newRoute)).toBe(says);
  });

  it('has words for whatever stands in the fields while somebody types', () => {
    const typed = fc.constantFrom('', '0', '-1', '1.5', '101', 'x', '{name', '24:00', '1e9', 'UTC');
    fc.assert(
      fc.property(
        fc.array(typed, { minLength: ROUTE_FIELDS.length, maxLength: ROUTE_FIELDS.length }),
        (texts) => {
          const values = toValues(ROUTE_FIELDS, { schedule: {}, window: {} });
          for (const [index, { kind, path }] of ROUTE_FIELDS.entries())
            if (kind === 'text' || kind === 'number') writePath(values, path, texts[index]);
          const route = toObject(ROUTE_FIELDS, values);
          for (const id of SECTIONS)
            expect(sectionSays(id, route)).not.toMatch(/undefined|NaN|null|Infinity/);
        },
      ),
      { numRuns: 300 },
    );
  });
});
