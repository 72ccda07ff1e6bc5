import { expect, it } from 'vitest';
import type { UserObject } from '#contract';
import { adminNames, whyNotReset } from './user-rules.ts';

const user = (change: Partial<UserObject>): UserObject => ({
  name: 'anna',
  role: 'admin',
  partners: 'all',
  disabled: false,
  signsInWith: 'password',
  passwordIsOneTime: false,
  hasSecondFactor: false,
  createdAt: '2026-11-21T00:00:00.000Z',
  createdBy: 'admin',
  lastSignInAt: null,
  ...change,
});

it('counts as admins those who can do everything now', () => {
  const users = [
    user({ name: 'anna' }),
    user({ name: 'bert', disabled: true }),
    user({ name: 'cleo', partners: ['acme'] }),
    user({ name: 'dora', role: 'operator' }),
  ];
  expect(adminNames(users)).toEqual(['anna']);
});

it('resets the password of others who have one here', () => {
  expect(whyNotReset(user({}), 'bert', false)).toBeUndefined();
  expect(whyNotReset(user({}), 'anna', false)).toContain('another admin');
  expect(whyNotReset(user({ signsInWith: 'identity_provider' }), 'bert', false)).toContain('no password');
  expect(whyNotReset(user({}), 'bert', true), 'who knows it could be a second person').toContain('machine');
});
