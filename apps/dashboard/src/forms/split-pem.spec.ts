import { expect, it } from 'vitest';
import { splitPem } from './split-pem.ts';

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
