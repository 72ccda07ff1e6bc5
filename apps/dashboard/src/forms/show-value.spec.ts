import { expect, it } from 'vitest';
import type { FieldSpec } from './field-spec.ts';
import { joinReferences, valueTexts } from './show-value.ts';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----';

it('tells certificates from each other in words', () => {
  const other = CERTIFICATE.replace('TUlJQg==', 'TUlJQw==');
  expect(valueTexts(['x', CERTIFICATE, other])).toEqual([
    'x',
    'a certificate (TUlJQg==…TUlJQg==)',
    'a certificate (TUlJQw==…TUlJQw==)',
  ]);
  expect(valueTexts(CERTIFICATE + other)[0]).toMatch(/^2 certificates/);
});

it('tells a reference that changes as one value', () => {
  const specs: readonly FieldSpec[] = [{ kind: 'reference', path: 'password', label: 'Password' }];
  const fields = [
    { path: 'host', before: 'a', after: 'b' },
    { path: 'password.secret', before: 'acme', after: undefined },
    { path: 'password.cleared', before: undefined, after: true },
    { path: 'root.file', before: 'x', after: 'y' },
  ];
  expect(joinReferences(fields, specs)).toEqual([
    fields[0],
    { path: 'password', before: { secret: 'acme' }, after: { cleared: true } },
    fields[3],
  ]);
});
