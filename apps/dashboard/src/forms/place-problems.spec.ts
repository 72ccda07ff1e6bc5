import { expect, it } from 'vitest';
import type { FieldSpec } from './field-spec.ts';
import { placeProblems } from './place-problems.ts';
import { joinReferences, valueTexts } from './show-value.ts';
import { splitPem } from './split-pem.ts';

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

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----';
const KEY = '-----BEGIN PRIVATE KEY-----\nTUlJQg==\n-----END PRIVATE KEY-----';

it('takes certificates out of a text one by one, and leaves out a private key', () => {
  expect(splitPem(`Bag\r\n${CERTIFICATE.replaceAll('\n', '\r\n')}\n${CERTIFICATE}`)).toEqual({
    certificates: [`${CERTIFICATE}\n`, `${CERTIFICATE}\n`],
    problem: undefined,
  });
  const mixed = splitPem(`${KEY}\n${CERTIFICATE}`);
  expect(mixed.certificates).toEqual([`${CERTIFICATE}\n`]);
  expect(mixed.problem).toContain('private key');
  expect(JSON.stringify(splitPem(KEY).certificates)).toBe('[]');
  expect(splitPem('MIIB').problem).toContain('no certificate');
});

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
