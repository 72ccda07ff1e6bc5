import { expect, it } from 'vitest';
import { secretUses } from './secret-uses.ts';

it('finds every endpoint that refers to a secret, wherever in it', () => {
  const endpoints = [
    { name: 'a', password: { secret: 'shared' }, tls: { clientCertificate: { key: { secret: 'key' } } } },
    { name: 'b', password: { secret: 'shared' }, account: { secret: 'shared' } },
    { name: 'c', password: { env: 'shared' } },
  ];
  expect([...secretUses(endpoints)]).toEqual([
    ['shared', ['a', 'b']],
    ['key', ['a']],
  ]);
});
