import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  hashPassword,
  makeOneTimePassword,
  passwordProblem,
  TooManySignIns,
  verifyPassword,
} from './passwords.ts';

const pepper = randomBytes(32);

describe('a password', () => {
  it('is known again by its hash, and only with the same pepper', async () => {
    const hash = await hashPassword('correct horse battery', pepper);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=4\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(await verifyPassword('correct horse battery', hash, pepper)).toBe(true);
    expect(await verifyPassword('correct horse batterY', hash, pepper)).toBe(false);
    expect(await verifyPassword('correct horse battery', hash, randomBytes(32))).toBe(false);
    expect(await hashPassword('correct horse battery', pepper)).not.toBe(hash);
  });

  it('is the same however its letters were typed', async () => {
    const hash = await hashPassword('Gänsefüßchen zwei'.normalize('NFD'), pepper);
    expect(await verifyPassword('Gänsefüßchen zwei'.normalize('NFC'), hash, pepper)).toBe(true);
  });

  it.each(['', 'x', '$argon2id$v=19$m=8,t=1,p=1$$', '$argon2i$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA'])(
    'matches no damaged hash: %j',
    async (stored) => {
      expect(await verifyPassword('', stored, pepper)).toBe(false);
    },
  );

  it.each([
    'Password1234!',
    'P@ssw0rd2026!!',
    'qwertyuiop123',
    'passwordpassword',
    'Waybill-Admin-2026',
    'Summer2026!!!',
    'abcdefgh12345678',
    '987654321zyxwvu',
    'letmein letmein',
    'qazwsxedcrfvQAZ',
    'changeme-changeme',
    'wxyzwxyzwxyzwxyz1',
    'ILoveYou123456',
  ])('is refused when everybody would try it: %s', (password) => {
    expect(passwordProblem(password, 'eve')).toContain('well-known');
  });

  it.each([
    'correct horse battery',
    'fresh password',
    'Gänsefüßchen zwei',
    'k7mq-x2fd-9wzn',
    'blue kettle 2026',
  ])('is taken when it is none of those: %s', (password) => {
    expect(passwordProblem(password, 'eve')).toBeUndefined();
  });

  it('is looked at in a moment, whatever it is', () => {
    const began = performance.now();
    for (const part of ['a', 'ab', 'abc1', 'password', '20', `${'x'.repeat(7)}y`, '(.+)+$'])
      passwordProblem(part.repeat(500).slice(0, 500), 'eve');
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('is refused when it is short, monotonous or the name', () => {
    expect(passwordProblem('elevenchars', 'eve')).toContain('12 characters');
    expect(passwordProblem('aaaabbbbaaaabbbb', 'eve')).toContain('different');
    expect(passwordProblem('My-EVE-password', 'eve')).toContain('name');
    expect(passwordProblem('correct horse battery', 'eve')).toBeUndefined();
    // Surrogate pairs are one character, not two.
    expect(passwordProblem('😀😁😂🤣😃😄', 'eve')).toContain('12 characters');
  });

  it('for one time has 98 bits and is another one each time', () => {
    const made = new Set(Array.from({ length: 200 }, makeOneTimePassword));
    expect(made.size).toBe(200);
    for (const password of made) {
      expect(password).toMatch(/^([a-hj-km-np-z2-9]{4}-){4}[a-hj-km-np-z2-9]{4}$/);
      // A name of three letters may be in one of them by chance.
      expect(passwordProblem(password, 'evelyn')).toBeUndefined();
    }
  });
});

it('more sign-ins than fit are refused at once, and those that wait all get their turn', async () => {
  const cheap = '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  const all = await Promise.allSettled(Array.from({ length: 70 }, () => verifyPassword('x', cheap, pepper)));
  const refused = all.filter((one) => one.status === 'rejected');
  expect(refused).toHaveLength(4);
  for (const one of refused) expect(one.reason).toBeInstanceOf(TooManySignIns);
  // The places are free again.
  expect(await verifyPassword('x', cheap, pepper)).toBe(false);
});
