import { expect, it } from 'vitest';
import type { FieldSpec } from './field-spec.ts';
import { placeProblems } from './place-problems.ts';

const SPECS: readonly FieldSpec[] = [
  { kind: 'list', path: 'tls.pins', label: 'Pins', item: 'a pin' },
  { kind: 'group', path: 'proxy', label: 'Proxy' },
  { kind: 'text', path: 'proxy.host', label: 'Host' },
];

it('places each problem at its field, with the item it is about', () => {
  const { fields, rest } = placeProblems(
    [
      { path: 'tls.pins.1', message: 'a pin is …' },
      { path: 'body.tls.pins[2]', message: 'twice' },
      { path: 'proxy.host', message: 'is missing' },
      { path: 'proxy', message: 'not here' },
      { path: 'site.unheard', message: 'unknown key' },
      { path: '', message: 'the route r …' },
    ],
    SPECS,
  );
  expect([...fields]).toEqual([
    ['tls.pins', '2. a pin is …; 3. twice'],
    ['proxy.host', 'is missing'],
    ['proxy', 'not here'],
  ]);
  expect(rest.map(({ message }) => message)).toEqual(['unknown key', 'the route r …']);
});
